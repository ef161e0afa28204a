"""Counts the items of Map Runs, of which a history says nothing. AWS is asked once for each, as its
end is read. DescribeMapRun has AWS's smallest quota, so nothing waits for a turn."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf

from handrail.clock import Clock, within
from handrail.core.errors import ServiceError, UpstreamRefused
from handrail.core.models import HistoryEvent, MapRun
from handrail.core.ports import MapRuns
from handrail.core.protocol.document_shapes import ItemsDocument
from handrail.usecases.in_memory import keep_newest

from .read_budget import PacedCalls

KEPT = 512
MOST_AT_ONCE = 8  # the newest; where others are left out their state's sum stays unknown
PATIENCE_S = 1.0
REFUSED_S = 60.0  # before AWS is asked again where this service may not
AGAIN_S = 0.3  # AWS may show a Map Run as running for a moment after its end

_BEGINS = frozenset({"MapRunStarted", "MapRunRedriven"})
_ENDS = frozenset({"MapRunSucceeded", "MapRunFailed", "MapRunAborted"})


@dataclass(slots=True, repr=False)
class MapRunEnds:
    """Finds the ends of one history's Map Runs: each points at the event that names the run."""

    _arns: dict[int, str] = field(init=False, default_factory=dict)
    _left: int = field(init=False, default=MOST_AT_ONCE)

    def among(self, events: Iterable[HistoryEvent], *, past: bool = False) -> dict[int, str]:
        """ARNs by the events that end them, the last end of each alone. Of the `past`, before
        anybody looked, so many in all: a first snapshot isn't to wait for them."""
        ended: dict[str, int] = {}
        for event in events:
            if event.type in _BEGINS and (arn := event.details.get("mapRunArn")):
                self._arns[event.id] = str(arn)
            elif event.type in _ENDS and (known := self._arns.pop(event.previous_id, None)):
                ended.pop(known, None)
                ended[known] = event.id
        newest = [*ended.items()]
        if past:
            newest = newest[-self._left :] if self._left else []
            self._left -= len(newest)
        return {event_id: arn for arn, event_id in newest}


@dataclass(slots=True, repr=False)
class MapRunCounts:
    map_runs: MapRuns
    calls: PacedCalls
    clock: Clock
    _known: dict[tuple[str, int], ItemsDocument] = field(init=False, default_factory=dict)
    _not_before: float = field(init=False, default=-inf)

    async def of_ended(self, ended: Mapping[int, str]) -> dict[int, ItemsDocument]:
        """By the events that ended them, as far as it can be told at once."""
        counted: dict[int, ItemsDocument] = {}
        with suppress(TimeoutError, ServiceError):
            if ended:
                async with within(self.clock, PATIENCE_S):
                    for event_id in sorted(ended, reverse=True)[:MOST_AT_ONCE]:
                        counts = await self._of_ended(ended[event_id], event_id)
                        if counts is not None:
                            counted[event_id] = counts
        return counted

    async def now(self, arn: str) -> ItemsDocument | None:
        """A Map Run's counts as they stand. None where AWS doesn't say at once."""
        with suppress(TimeoutError, ServiceError):
            async with within(self.clock, PATIENCE_S):
                run = await self._described(arn)
                return items_of(run) if run is not None else None
        return None

    async def _of_ended(self, arn: str, event_id: int) -> ItemsDocument | None:
        if (known := self._known.get((arn, event_id))) is not None:
            return known
        run = await self._described(arn)
        if run is not None and run.unfinished:
            await self.clock.sleep(AGAIN_S)
            run = await self._described(arn)
        if run is None or run.unfinished:
            return None
        counts = self._known[arn, event_id] = items_of(run)
        keep_newest(self._known, KEPT)
        return counts

    async def _described(self, arn: str) -> MapRun | None:
        """None where others have all the turns, or where AWS refused lately."""
        now = self.clock.monotonic()
        if now < self._not_before or self.calls.queue.quota.wait_s(now) > 0:
            return None
        try:
            return await self.calls.request(now, self.map_runs.describe, arn)
        except UpstreamRefused:
            self._not_before = now + REFUSED_S
            raise


def items_of(run: MapRun) -> ItemsDocument:
    return {
        "total": run.count("total"),
        "running": run.count("running"),
        "succeeded": run.count("succeeded"),
        "failed": run.count("failed", "timedOut"),
        "aborted": run.count("aborted"),
    }
