"""Describes what is used of the context object that Lambda hands over with each event."""

from typing import Protocol

ANSWERING_S = 0.5
"""Kept back of the invocation's time, to end what hangs and to build and hand over an answer."""


class Context(Protocol):
    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation, whatever it is at."""
        ...


def left_s(context: Context) -> float:
    """How long the invocation may still take, in seconds."""
    return context.get_remaining_time_in_millis() / 1000


def time_for_work_s(context: Context) -> float:
    """How long its work may still take, in seconds; below zero where it should have ended."""
    return left_s(context) - ANSWERING_S
