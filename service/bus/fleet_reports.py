"""Tells the other replicas every second what this one gave to principals, and hears theirs."""

import asyncio
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from handrail.core.errors import Unavailable
from handrail.core.fleet import Fleet, FleetReport

from .announcements import Announcements
from .connection import BEAT_S

TOPIC = "report"
_report = TypeAdapter(FleetReport)


@dataclass(frozen=True, slots=True, repr=False)
class FleetReports:
    fleet: Fleet
    announcements: Announcements
    first_heard: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    """Set when this replica's own reports come back to it."""

    def __post_init__(self) -> None:
        self.announcements.listen(TOPIC, self._heard)
        self.announcements.on_reopened(self._tell)

    async def tell(self) -> None:
        """Once, and wait for the next. What can't be told is told no later: the next report has
        what is held."""
        self._tell()
        await self.announcements.bus.clock.sleep(BEAT_S)

    async def leave(self) -> None:
        """This replica ends: the others count it no more."""
        try:
            report = _report.dump_json(self.fleet.report(leaving=True))
            await self.announcements.tell(TOPIC, report)
        except Unavailable:
            return  # they find out themselves

    def _heard(self, replica: str, message: bytes) -> None:
        try:
            report = _report.validate_json(message)
        except ValueError:  # of a version that writes it otherwise
            return
        if self.fleet.heard(replica, report):  # so that the new one knows this one at once
            self._tell()
        if replica == self.fleet.name:
            self.first_heard.set()

    def _tell(self) -> None:
        self.announcements.tell_later(TOPIC, _report.dump_json(self.fleet.report()))
