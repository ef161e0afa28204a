"""Adapters to the DynamoDB table of Handrail on Lambda."""
