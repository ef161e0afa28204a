"""What the edges are handed: the use-cases of stored sockets, made of their ports."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from random import random as stdlib_random

from service.usecases.authentication import Authentication
from service.usecases.clock import Clock
from service.usecases.live import Hub
from service.usecases.tickets import Tickets

from .admission import Admission
from .conversation import Conversation
from .limits import StoredLimits
from .line import Line
from .ports import StoredPorts
from .telling import FanOut
from .ticking import Schedule


@dataclass(frozen=True, slots=True)
class StoredSockets:
    """The use-cases. Every `deadline` they take is a time of `clock.monotonic()`: when the running
    invocation has to be over. `origins` are the other sites whose pages may connect."""

    conversation: Conversation
    telling: FanOut
    ticking: Schedule
    clock: Clock
    origins: frozenset[str]


def stored_sockets(
    hub: Hub,
    ports: StoredPorts,
    clock: Clock,
    *,
    authentication: Authentication | None,
    tickets: Tickets,
    limits: StoredLimits,
    origins: frozenset[str] = frozenset(),
    random: Callable[[], float] = stdlib_random,
) -> StoredSockets:
    """Without authentication nobody is asked who they are. `random` answers [0, 1)."""
    line = Line(ports.posts, ports.connections)
    telling = FanOut(hub, ports, line, clock, limits=limits, random=random, new_owner=_owner)
    conversation = Conversation(
        Admission(hub, authentication=authentication, tickets=tickets),
        ports,
        line,
        telling,
        clock,
        limits=limits,
        random=random,
    )
    return StoredSockets(
        conversation=conversation,
        telling=telling,
        ticking=Schedule(ports, line, telling, clock, limits=limits),
        clock=clock,
        origins=origins,
    )


def _owner() -> str:
    return secrets.token_hex(8)
