"""Sockets and event streams that this process holds."""
