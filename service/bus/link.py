"""Links one replica to the others: the bus itself, what all are told, and who they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from handrail.clock import Clock
from handrail.core.bus_address import BusAddress
from handrail.core.fleet import Fleet
from handrail.core.fleet_quota import FleetQuota

from .announcements import Announcements
from .call_quota import SharedQuota
from .connection import ANSWER_S, Bus, BusMeter, open_bus
from .fleet_reports import FleetReports


@dataclass(frozen=True, slots=True, repr=False)
class BusLink:
    bus: Bus
    announcements: Announcements
    fleet: Fleet

    @property
    def up(self) -> bool:
        return self.fleet.connected

    def quota(self, name: str, rate: float, burst: float) -> SharedQuota:
        """`rate` calls a second and `burst` at once, of all replicas together."""
        return SharedQuota(self.bus, self.fleet, name, FleetQuota(rate, burst))


@asynccontextmanager
async def open_link(
    address: BusAddress,
    clock: Clock,
    *,
    namespace: str,
    meter: BusMeter | None = None,
    answer_s: float = ANSWER_S,
) -> AsyncIterator[BusLink]:
    """Goes on without the bus where it is away, until it is there."""
    opening = open_bus(address, clock, namespace=namespace, meter=meter, answer_s=answer_s)
    async with opening as bus:
        announcements = Announcements(bus)
        fleet = Fleet(bus.replica, answers=lambda: bus.up, now=clock.monotonic)
        reports = FleetReports(fleet, announcements)
        bus.spawn_forever(announcements.hear)
        bus.spawn_forever(reports.tell)
        if bus.up:
            await clock.wait(reports.first_heard, 2 * answer_s)
        try:
            yield BusLink(bus, announcements, fleet)
        finally:
            await reports.leave()
