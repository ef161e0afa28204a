"""Runs the service as an AWS Lambda function: one invocation at a time, on a loop that lives as
long as the instance. What only HTTP needs is imported by the first HTTP event, and so on."""
