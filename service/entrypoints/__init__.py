"""Composes the service's parts from the settings, and runs them."""
