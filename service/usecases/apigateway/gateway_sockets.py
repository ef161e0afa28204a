"""Composes the use-cases of sockets that API Gateway holds, for the edges that bring its events."""

import asyncio
from collections.abc import Callable
from random import random as stdlib_random

from handrail.clock import Clock
from handrail.core.access.origins import Origins
from handrail.core.apigateway import GatewayPorts
from handrail.core.ports import Authenticator
from handrail.usecases.live import Hub

from .admission import Admission
from .conversation import Conversation
from .fan_out import FanOut
from .limits import GatewayLimits
from .schedule import Schedule


class GatewaySockets:
    """The use-cases. Every `deadline` they take is a time of `clock.monotonic()`: when the running
    invocation has to be over. `origins` are those whose pages may connect.
    `random` answers [0, 1); `opened` is told of each socket that is let in."""

    def __init__(
        self,
        hub: Hub,
        ports: GatewayPorts,
        clock: Clock,
        *,
        authentication: Authenticator,
        limits: GatewayLimits,
        origins: Origins,
        random: Callable[[], float] = stdlib_random,
        opened: Callable[[], None] = lambda: None,
    ) -> None:
        self.clock = clock
        self.origins = origins
        posting = asyncio.Semaphore(limits.posts_at_once)
        self.fan_out = FanOut(hub, ports, clock, limits, random, posting)
        self.schedule = Schedule(ports, self.fan_out, clock, limits)
        admission = Admission(hub, authentication)
        parts = admission, ports, self.fan_out, clock, limits, random
        self.conversation = Conversation(*parts, opened)
