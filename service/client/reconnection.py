"""When to come back: the backoff and the cursor to resume from. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.core.models import Json
from service.core.pacing import backoff


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential delays, each shortened by up to a half so that clients don't return at once.

    `attempts` bounds tries in a row that brought nothing.
    """

    base_s: float = 0.5
    cap_s: float = 15.0
    attempts: int = 4

    def delay_s(self, failures: int, jitter: Callable[[], float]) -> float:
        """The pause after the `failures`th failure in a row (from 1). `jitter` answers [0, 1)."""
        longest_s = backoff(failures, first_s=self.base_s, max_s=self.cap_s)
        return longest_s * (1 - jitter() / 2)

    def exhausted(self, failures: int) -> bool:
        return failures >= self.attempts


def next_cursor(cursor: str | None, message: Mapping[str, Json]) -> str | None:
    """The cursor to resume from once `message` has been seen.

    A recovered subscription's own cursor may already stand at the history's end while the missed
    updates are still to come: taking it over would skip them if the socket drops in between.
    """
    match message.get("type"):
        case "subscribed" if message.get("recovered") and cursor is not None:
            return cursor
        case "subscribed" | "update" | "reset" | "complete":
            return message.get("cursor") or cursor
        case _:
            return cursor
