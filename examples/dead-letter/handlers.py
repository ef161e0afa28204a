"""Delivers to everybody but `nobody`, who isn't there, and `busy`, who never answers."""

from typing import Any


class PermanentFailure(Exception):
    """It will never work. Not worth a retry."""


class NoAnswer(Exception):
    """It may work later. Worth a retry."""


def deliver(letter: dict[str, Any]) -> dict[str, Any]:
    """`{"delivered_to"}`. Raises PermanentFailure, NoAnswer."""
    if letter["to"] == "nobody":
        raise PermanentFailure("there is nobody of that name")
    if letter["to"] == "busy":
        raise NoAnswer("the line is busy")
    return {"delivered_to": letter["to"]}
