"""One module a resource: its routes."""
