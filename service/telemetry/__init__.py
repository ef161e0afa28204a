"""Tells operators what the service does."""
