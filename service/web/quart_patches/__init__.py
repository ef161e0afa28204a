"""Replaces the parts of Quart that a long-lived service needs otherwise."""
