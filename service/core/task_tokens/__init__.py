"""Finds task tokens in histories, and takes them out of what clients see."""
