"""Serves sockets that API Gateway holds: a table keeps what is known of them, and each invocation
goes on where the one before it stopped."""
