"""The ASGI server as this service runs it: Hypercorn with every default set on purpose."""
