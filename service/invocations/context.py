"""What is used of the context object that Lambda hands over with each event."""

from typing import Protocol

ANSWERING_S = 0.5
"""Kept back of the invocation's time, to let go of what hangs, draw an answer and hand it over."""


class Context(Protocol):
    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int:
        """Until Lambda ends the invocation, whatever it is at."""
        ...


def left_s(context: Context) -> float:
    """How long the invocation may still take, in seconds."""
    return context.get_remaining_time_in_millis() / 1000


def working_s(context: Context) -> float:
    """How long its work may; below zero where that should have ended."""
    return left_s(context) - ANSWERING_S
