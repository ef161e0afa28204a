"""Declares an end that is known before its events are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EarlyEnd:
    """An end that a list of executions shows before its events are read, as documents tell it."""

    status: str
    stopped_at: str | None
