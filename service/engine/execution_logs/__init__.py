"""Logs executions as AWS does: their events to CloudWatch Logs, from there by a subscription to
Kinesis, and their status changes as EventBridge's."""
