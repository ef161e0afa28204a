"""Chooses where what all replicas share is kept: on the bus, where there is one, else in this
process's memory."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handrail.auth.tickets import InMemoryTickets, TicketStore
from handrail.clock import Clock
from handrail.core.bus_address import BusAddress
from handrail.core.errors import SettingsError
from handrail.core.pacing import TokenBucket
from handrail.core.ports import (
    AppliedSettlements,
    CallQuota,
    Checkpoints,
    EndClaims,
    NudgeChannel,
    RecentStarts,
    WebhookIds,
)
from handrail.core.shares import OwnShares, ShareMaker
from handrail.core.watch_bus import SharedLists, WatchBus
from handrail.settings import Settings, variable_of
from handrail.telemetry.metrics import Metrics
from handrail.usecases.in_memory import (
    InMemoryCheckpoints,
    InMemoryNudges,
    InMemorySettlements,
    InMemoryStarts,
    InMemoryWebhookIds,
)

if TYPE_CHECKING:
    from handrail.bus.link import BusLink

FROZEN = "a Lambda function is frozen between its events, so it can't follow the bus; unset it"


@dataclass(frozen=True, slots=True, repr=False)
class SharedPorts:
    """`quota` takes a name, calls a second and how many at once; `checkpoints` a stream's name.
    `watches`, `lists`, `end_claims` and `link` are None without a bus."""

    recent: RecentStarts
    settlements: AppliedSettlements
    webhook_ids: WebhookIds
    tickets: TicketStore
    nudges: NudgeChannel
    shares: ShareMaker
    quota: Callable[[str, float, float], CallQuota]
    checkpoints: Callable[[str], Checkpoints]
    watches: WatchBus | None = None
    lists: SharedLists | None = None
    end_claims: EndClaims | None = None
    link: "BusLink | None" = None

    def bus_up(self) -> bool | None:
        """None without a bus."""
        return None if self.link is None else self.link.up


@asynccontextmanager
async def open_shared_ports(
    settings: Settings, clock: Clock, metrics: Metrics, *, region: str, lasting: bool
) -> AsyncIterator[SharedPorts]:
    """`lasting` is whether this process runs between requests. Raises SettingsError where it must,
    and doesn't."""
    own = in_memory(settings, clock)
    if settings.bus_url is None:
        yield own
        return
    if not lasting:
        raise SettingsError(f"{variable_of('bus_url')}: {FROZEN}")
    from handrail.bus.link import open_link  # noqa: PLC0415 redis: a fifth of a second

    address = BusAddress.parse(settings.bus_url.get_secret_value())
    namespace = f"{settings.environment}:{region}"
    async with open_link(address, clock, namespace=namespace, meter=metrics) as link:
        yield on_bus(settings, clock, own, link)


def in_memory(settings: Settings, clock: Clock) -> SharedPorts:
    checkpoints = InMemoryCheckpoints(clock)
    return SharedPorts(
        recent=InMemoryStarts(clock),
        settlements=InMemorySettlements(),
        webhook_ids=InMemoryWebhookIds(clock),
        tickets=InMemoryTickets(clock, share=settings.principal_tickets),
        nudges=InMemoryNudges(),
        shares=OwnShares(),
        quota=lambda _name, rate, burst: TokenBucket(rate, burst),
        checkpoints=lambda _stream: checkpoints,
    )


def on_bus(settings: Settings, clock: Clock, own: SharedPorts, link: "BusLink") -> SharedPorts:
    """Each has its own memory besides."""
    from handrail.bus import lists, nudges, shared_memory, ticket_store, watch_streams  # noqa: PLC0415 see above

    bus, share = link.bus, settings.principal_tickets
    return SharedPorts(
        recent=shared_memory.SharedStarts(bus, own.recent),
        settlements=shared_memory.SharedSettlements(bus, own.settlements),
        webhook_ids=shared_memory.SharedWebhookIds(bus, own.webhook_ids),
        tickets=ticket_store.SharedTickets(bus, clock, own.tickets, share),
        nudges=nudges.SharedNudges(link.announcements),
        shares=link.fleet,
        quota=link.quota,
        checkpoints=lambda stream: shared_memory.SharedCheckpoints(bus, stream),
        watches=watch_streams.BusWatches(link.announcements),
        lists=lists.BusLists(bus),
        end_claims=shared_memory.SharedEndClaims(bus),
        link=link,
    )
