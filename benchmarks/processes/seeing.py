"""What one socket has seen of its execution, and how late."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .plans import Plan

ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


@dataclass(slots=True)
class Seen:
    """One socket's share. A change came with the first message whose cursor covers its event; an
    end, with the first whose execution has a terminal status, whatever its cursor. Lateness counts
    from the moment the event was visible, or from the socket's opening where that was later."""

    plan: Plan
    started_at: float
    opened_at: float
    snapshot_at: float | None = None
    place: str | None = None
    end_late_s: float | None = None
    ended: bool = False
    late_s: list[float] = field(default_factory=list)
    gaps: int = 0
    resumed_s: list[float] = field(default_factory=list)
    """From each loss of a socket that had its snapshot to the first message of the next."""

    anew: int = 0
    """How often it came back with a cursor and had to start over."""

    lost_at: float | None = None
    promised: int = 0
    """Changes that came after the service had said how stale it is at most."""

    broken: int = 0
    """Those of them that came later than it had said."""

    _promise_s: float | None = None
    _change: int = 0

    def hear(self, message: bytes, now: float) -> None:
        """A message of the service's."""
        told = json.loads(message)
        match told["type"]:
            case "subscribed":
                self.snapshot_at = self.snapshot_at or now
                self._resumed(now, recovered=told["recovered"])
                self._told(told["cursor"], told["snapshot"] or {}, now)
            case "update":
                self._told(told["cursor"], told["execution"], now)
            case "reset":
                self.gaps += 1
                self._told(told["cursor"], told["snapshot"], now)
            case "complete":
                self._told(told["cursor"], told, now)
                self.ended = True

    def lose(self, now: float) -> None:
        """Its socket is gone."""
        self.lost_at = self.lost_at or now

    def unseen(self, until: float) -> int:
        """Changes that were visible by then and never came."""
        ids: Sequence[int] = self.plan.changes
        visible = self.plan.visible(until - self.started_at)
        return sum(1 for id in ids if id <= visible) - self._change

    def _resumed(self, now: float, *, recovered: bool) -> None:
        lost_at, self.lost_at = self.lost_at, None
        if lost_at is not None and self.place is not None:
            self.resumed_s.append(now - lost_at)
            self.anew += not recovered

    def _told(self, cursor: str, execution: dict[str, Any], now: float) -> None:
        self.place = cursor
        changes, offsets, known = self.plan.changes, self.plan.offsets, int(cursor.split(":")[1])
        while self._change < len(changes) and changes[self._change] <= known:
            visible_at = self.started_at + offsets[changes[self._change] - 1]
            self._late(now - max(visible_at, self.opened_at))
            self._change += 1
        self._execution(execution, now)

    def _late(self, seconds: float) -> None:
        self.late_s.append(seconds)
        if self._promise_s is not None:
            self.promised += 1
            self.broken += seconds > self._promise_s

    def _execution(self, changed: dict[str, Any], now: float) -> None:
        self._promise_s = changed.get("stale_after_s", self._promise_s)
        if self.end_late_s is None and changed.get("status") in ENDED and self.plan.ends:
            visible_at = self.started_at + self.plan.offsets[-1]
            self.end_late_s = now - max(visible_at, self.opened_at)
