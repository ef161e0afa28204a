"""What the edges are handed: the use-cases of stored sockets, made of their ports."""

import secrets
from collections.abc import Callable
from functools import partial
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


class StoredSockets:
    """The use-cases. Every `deadline` they take is a time of `clock.monotonic()`: when the running
    invocation has to be over. `origins` are the other sites whose pages may connect. Without
    authentication nobody is asked who they are. `random` answers [0, 1)."""

    def __init__(
        self,
        hub: Hub,
        ports: StoredPorts,
        clock: Clock,
        *,
        authentication: Authentication | None,
        tickets: Tickets,
        limits: StoredLimits,
        origins: frozenset[str] = frozenset(),
        random: Callable[[], float] = stdlib_random,
    ) -> None:
        line, new_owner = Line(ports.posts, ports.connections), partial(secrets.token_hex, 8)
        admission = Admission(hub, authentication, tickets)
        self.clock = clock
        self.origins = origins
        self.telling = telling = FanOut(
            hub, ports, line, clock, limits=limits, random=random, new_owner=new_owner
        )
        self.ticking = Schedule(ports, line, telling, clock, limits=limits)
        self.conversation = Conversation(admission, ports, line, telling, clock, limits, random)
