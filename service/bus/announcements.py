"""Tells all replicas, and hears what they tell, on one channel of the server.

What is told while the connection is down is lost: whoever needs every message looks for itself when
the connection was opened anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from handrail.core.errors import Unavailable

from .connection import BEAT_S, Bus
from .redis_clients import BUS_ERRORS, Node, open_plain

SILENCE_S = 4 * BEAT_S  # each replica hears its own reports, so silence is a dead connection
AGAIN_S = 0.5
_Heard = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True, repr=False)
class Announcements:
    """Listeners are called in the loop with the name of the replica that told it and what it told;
    they raise nothing."""

    bus: Bus
    _listeners: dict[str, list[_Heard]] = field(init=False, default_factory=dict)
    _reopened: list[Callable[[], None]] = field(init=False, default_factory=list)

    def listen(self, topic: str, heard: _Heard) -> None:
        """From now on, also to what this replica tells."""
        self._listeners.setdefault(topic, []).append(heard)

    def on_reopened(self, look: Callable[[], None]) -> None:
        """Calls this each time when messages may have been lost."""
        self._reopened.append(look)

    async def tell(self, topic: str, message: bytes) -> None:
        """Raises Unavailable."""
        told = b"\n".join((topic.encode(), self.bus.replica.encode(), message))
        await self.bus.command("PUBLISH", self._channel, told)

    def tell_later(self, topic: str, message: bytes) -> None:
        """Returns at once. What can't be told is lost."""
        self.bus.spawn(self._try_to_tell(topic, message))

    async def hear(self) -> None:
        """Forever, over one connection after another, where there are several nodes each to the
        next."""
        for number in count():
            nodes = self.bus.nodes
            try:
                await self._hear_at(nodes[number % len(nodes)])
            except BUS_ERRORS:  # the heartbeat says that the bus is away
                await self.bus.clock.sleep(AGAIN_S)

    @property
    def _channel(self) -> str:
        return self.bus.channel("fleet")

    async def _try_to_tell(self, topic: str, message: bytes) -> None:
        try:
            await self.tell(topic, message)
        except Unavailable:
            return

    async def _hear_at(self, node: Node) -> None:
        client = open_plain(self.bus.address, self.bus.answer_s, node)
        try:
            async with client.pubsub() as channel:
                await channel.subscribe(self._channel)
                while (said := await channel.get_message(timeout=SILENCE_S)) is not None:
                    if said["type"] == "subscribe":
                        self._look()
                    else:
                        self._heard(said["data"])
        finally:
            await client.aclose()

    def _look(self) -> None:
        for look in self._reopened:
            look()

    def _heard(self, told: bytes) -> None:
        if told.count(b"\n") < 2:  # no replica's
            return
        topic, teller, message = told.split(b"\n", 2)
        for heard in self._listeners.get(topic.decode(errors="replace"), ()):
            heard(teller.decode(errors="replace"), message)
