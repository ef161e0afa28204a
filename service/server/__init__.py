"""Serves ASGI by Hypercorn, with every default set on purpose."""
