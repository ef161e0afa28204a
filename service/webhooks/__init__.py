"""Sends webhooks: over HTTP, signed, and nowhere that the operator doesn't allow."""
