"""Serves Step Functions, SQS and Lambda functions in this process, without AWS.

moto's interpreter runs the definitions; this package adds what it lacks, and refuses what can't be
served. moto is imported while an engine starts, not before: it costs seconds."""
