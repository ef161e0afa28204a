"""Many sockets at once, each on one execution: opened on time, opened again when they are lost."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import cycle
from urllib.parse import urlsplit

from .live_socket import LiveSocket
from .plans import Plan
from .seeing import Seen

AGAIN_S = 0.2
"""A client comes back at once after a restart, with a little jitter."""

REFUSED_AGAIN_S = 1.0
LOOK_S = 0.05


class Audience:
    """All the sockets of one scene, which take the replicas at `urls` in turn."""

    def __init__(self, urls: Sequence[str]) -> None:
        parts = [urlsplit(url) for url in urls]
        self.addresses = [(each.hostname or "", each.port or 80) for each in parts]
        self._turns = cycle(self.addresses)
        self.seen: list[Seen] = []
        self.lost = 0
        self.errors: Counter[str] = Counter()
        self._sockets: dict[int, LiveSocket] = {}
        self._comings = set[asyncio.Task[None]]()
        self._over = False

    def watch(self, execution: str, plan: Plan, started_at: float) -> None:
        """Open one more socket on this execution, now."""
        seen = Seen(plan, started_at, time.time())
        self.seen.append(seen)
        self._come(execution, seen, 0)

    def leave(self) -> None:
        """Close all; nobody comes back."""
        self._over = True
        for coming in self._comings:
            coming.cancel()
        for socket in self._sockets.values():
            socket.close()

    def forget_snapshots(self) -> None:
        """What comes next counts as the first."""
        for seen in self.seen:
            seen.snapshot_at = None

    async def until(self, done: Callable[[Seen], bool], limit_s: float) -> None:
        """Until all have come so far, or for so long."""
        await until(lambda: all(map(done, self.seen)), limit_s)

    def snapshots_after_s(self, since: float) -> Sequence[float]:
        """How long after that each socket had its snapshot, of those that have one."""
        return [each.snapshot_at - since for each in self.seen if each.snapshot_at is not None]

    def _come(self, execution: str, seen: Seen, after_s: float) -> None:
        coming = asyncio.create_task(self._opened(execution, seen, after_s))
        self._comings.add(coming)
        coming.add_done_callback(self._comings.discard)

    async def _opened(self, execution: str, seen: Seen, after_s: float) -> None:
        await asyncio.sleep(after_s)
        resumed = f"?after={seen.place}" if seen.place else ""
        socket = LiveSocket(
            next(self._turns),
            f"/v1/executions/{execution}/ws{resumed}",
            heard=lambda message: self._heard(seen, message),
            lost=lambda opened: self._came_apart(execution, seen, opened),
        )
        self._sockets[id(seen)] = socket
        try:
            await socket.connect()
        except OSError:
            self._come(execution, seen, AGAIN_S)

    def _heard(self, seen: Seen, message: bytes) -> None:
        if message.startswith(b'{"type":"error"'):
            self.errors[json.loads(message)["code"]] += 1
        else:
            seen.hear(message, time.time())

    def _came_apart(self, execution: str, seen: Seen, opened: bool) -> None:
        self._sockets.pop(id(seen), None)
        if self._over or seen.ended:
            return
        self.lost += 1
        seen.lose(time.time())
        wait_s = AGAIN_S if opened else REFUSED_AGAIN_S
        self._come(execution, seen, wait_s * random.uniform(0.5, 1.5))  # noqa: S311 - jitter


async def until(done: Callable[[], bool], limit_s: float) -> None:
    """Looked at now and then, so that no message costs the load generator more than itself."""
    limit = time.monotonic() + limit_s
    while time.monotonic() < limit and not done():  # noqa: ASYNC110 - as it says
        await asyncio.sleep(LOOK_S)
