"""What is used of the context object that Lambda hands over with each event."""

from typing import Protocol


class Context(Protocol):
    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int:
        """Until Lambda ends the invocation, whatever it is at."""
        ...


def left_s(context: Context) -> float:
    """How long the invocation may still take, in seconds."""
    return context.get_remaining_time_in_millis() / 1000
