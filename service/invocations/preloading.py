"""Importing, while Lambda initialises an instance, what its events will need.

Lambda gives the initialisation more processor time than most functions have afterwards, so the same
import takes several times as long in the first invocation.
"""

from importlib import import_module

ROOMS = {"http": "service.invocations.http", "live": "service.invocations.live"}


def preload(events: str) -> None:
    """`http`, `live`, or nothing; what else there may be is for the settings to refuse."""
    if (room := ROOMS.get(events)) is not None:
        import_module(room)
