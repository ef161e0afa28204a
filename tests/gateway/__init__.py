"""A stand-in for what AWS puts around a Lambda function: API Gateway's two kinds of API, a queue's
event source mapping, and instances that live and die on their own.
"""
