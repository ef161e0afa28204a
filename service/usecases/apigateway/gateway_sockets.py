"""What the edges are handed: the use-cases of stored sockets, made of their ports."""

import secrets
from collections.abc import Callable
from functools import partial
from random import random as stdlib_random

from service.clock import Clock
from service.core.apigateway import GatewayPorts
from service.core.ports import Authenticator, TicketRedeemer
from service.usecases.live import Hub

from .admission import Admission
from .connection_writer import ConnectionWriter
from .conversation import Conversation
from .fan_out import FanOut
from .limits import GatewayLimits
from .schedule import Schedule


class GatewaySockets:
    """The use-cases. Every `deadline` they take is a time of `clock.monotonic()`: when the running
    invocation has to be over. `origins` are the other sites whose pages may connect. Without
    authentication nobody is asked who they are. `random` answers [0, 1)."""

    def __init__(
        self,
        hub: Hub,
        ports: GatewayPorts,
        clock: Clock,
        *,
        authentication: Authenticator | None,
        tickets: TicketRedeemer,
        limits: GatewayLimits,
        origins: frozenset[str] = frozenset(),
        random: Callable[[], float] = stdlib_random,
    ) -> None:
        writer, new_owner = (
            ConnectionWriter(ports.posts, ports.connections),
            partial(secrets.token_hex, 8),
        )
        admission = Admission(hub, authentication, tickets)
        self.clock = clock
        self.origins = origins
        self.fan_out = fan_out = FanOut(
            hub, ports, writer, clock, limits=limits, random=random, new_owner=new_owner
        )
        self.schedule = Schedule(ports, writer, fan_out, clock, limits=limits)
        self.conversation = Conversation(admission, ports, writer, fan_out, clock, limits, random)
