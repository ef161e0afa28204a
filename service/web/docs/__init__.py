"""Draws the OpenAPI and AsyncAPI documents."""
