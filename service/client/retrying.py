"""When to come back: the close-code table, the backoff and the cursor to resume from. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.core.models import Json
from service.core.pacing import backoff

# The contract's table, and two codes no server sends but a broken path shows: 1005 (closed without
# a code) and 1014 (a proxy's bad gateway).
_RESUMABLE = frozenset({1001, 1005, 1006, 1011, 1012, 1013, 1014, 4000, 4001})
_CREDENTIAL_EXPIRED = 4002


class AfterClose(StrEnum):
    RESUME = "resume"
    REFRESH = "refresh"  # get a fresh credential, then resume
    END = "end"


def after_close(code: int) -> AfterClose:
    """What a client does about a WebSocket's close code. An unknown code ends."""
    if code == _CREDENTIAL_EXPIRED:
        return AfterClose.REFRESH
    return AfterClose.RESUME if code in _RESUMABLE else AfterClose.END


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
