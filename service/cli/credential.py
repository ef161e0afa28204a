"""Reads the credential that the service is asked with."""

import os

from .group import Failed

VARIABLE = "HANDRAIL_TOKEN"


def token() -> str | None:
    """As it is now: a refreshed one is used at once. Raises Failed where no header can hold it."""
    found = os.environ.get(VARIABLE, "").strip()
    if not (found.isascii() and found.isprintable()):
        raise Failed(f"{VARIABLE} holds a character that no API key and no token has.")
    return found or None
