"""Serves Step Functions, SQS and Lambda functions in this process, without AWS.

moto's interpreter runs the definitions; this package adds what it lacks, and refuses what can't be
served. moto is imported while an engine starts, not before: it costs seconds."""

HOST = "127.0.0.1"
NO_PORT_URL = f"http://{HOST}:1"
"""Where clients are to send what is for an engine without a port. Nobody listens there: a client
that goes by the network is refused at once. An address and no name: S3's buckets stand in paths."""
