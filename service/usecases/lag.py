"""The one rule for AWS's reads, which may show a write seconds late: how long they are waited for,
what counts as behind, and what is answered meanwhile.

What somebody vouches for is awaited, and answered as `not_shown` (retryable) where it doesn't show
in time: never as missing, and never as it was before. A young cursor vouches for its execution, any
cursor for what lies before it, and this process for what it did itself (`OwnWrites`). What nobody
vouches for is looked for again for `REQUEST_S`, a setting, and then it is missing.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Protocol, TypeVar

from handrail.clock import Clock
from handrail.core.errors import NotShownYet, ServiceError
from handrail.core.models import (
    Cursor,
    Execution,
    ExecutionId,
    HistoryEvent,
    to_ms,
)
from handrail.usecases.in_memory import keep_newest

REQUEST_S = 3.0  # a request waits for so long for what is known to be there
STREAM_S = 10.0  # a stream does, and for so long this process vouches for what it did
YOUNG_S = 600.0  # AWS has shown what is older; clocks may be some minutes off, either way
LOOKS_S = (0.25, 0.5, 1.0)  # before each further look of a request; the last again and again
REMEMBERED = 4096
Found = TypeVar("Found")


def not_shown() -> NotShownYet:
    message = "AWS's reads don't show yet what is known to be there. Try again in a moment."
    return NotShownYet(message, retry_after_s=1.0)


def looks_s(within_s: float) -> tuple[float, ...]:
    """Before each further look of a watcher for what nobody has vouched for: two, the second after
    twice as long."""
    return (within_s / 3, 2 * within_s / 3) if within_s else ()


async def looked_for(clock: Clock, look: Callable[[], Awaitable[Found]], within_s: float) -> Found:
    """What is found first, by a look at once and further ones until this time is over, the last at
    its very end; else the nothing that the last one found."""
    ends_at, count = clock.monotonic() + within_s, 0
    while not (found := await look()) and (left_s := ends_at - clock.monotonic()) > 0:
        await clock.sleep(min(left_s, LOOKS_S[min(count, len(LOOKS_S) - 1)]))
        count += 1
    return found


def vouches(cursor: Cursor | None, clock: Clock) -> bool:
    """True if the execution is so young by somebody's cursor that AWS may not show it yet."""
    return cursor is not None and abs(to_ms(clock.now()) - cursor.epoch) < YOUNG_S * 1000


def behind(epoch: int, position: int, cursor: Cursor | None) -> bool:
    """True if whoever holds this cursor has seen more of the execution than was read of it."""
    return cursor is not None and cursor.belongs_to(epoch) and cursor.event_id > position


@dataclass(frozen=True, slots=True, repr=False)
class OwnWrite:
    """What this process had AWS do. `execution` is how that leaves it, `cursor` lies behind it, and
    `events` are those that come last before the cursor."""

    execution: Execution
    cursor: Cursor
    events: tuple[HistoryEvent, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class OwnWrites:
    """The newest write of this process to each execution, and the tokens of tasks it settled."""

    clock: Clock
    _writes: dict[ExecutionId, tuple[float, OwnWrite]] = field(init=False, default_factory=dict)
    _settled: dict[str, float] = field(init=False, default_factory=dict)

    def add(self, write: OwnWrite) -> None:
        id = write.execution.id
        self._writes.pop(id, None)
        self._writes[id] = self.clock.monotonic(), write
        keep_newest(self._writes, REMEMBERED)

    def settled(self, token: str) -> None:
        self._settled.pop(token, None)
        self._settled[token] = self.clock.monotonic()
        keep_newest(self._settled, REMEMBERED)

    def find(self, id: ExecutionId, epoch: int, position: int) -> OwnWrite | None:
        """The newest write that isn't shown at this position, however long ago it was."""
        _, write = self._writes.get(id, (0.0, None))
        return write if write and behind(epoch, position, write.cursor) else None

    def hide(self, id: ExecutionId, seen: Cursor, tokens: Iterable[str | None]) -> bool:
        """True if what is read, up to `seen` with these tokens of tasks that wait, is older than
        what this process did a moment ago."""
        at, write = self._writes.get(id, (-inf, None))
        if write and self._lately(at) and behind(seen.epoch, seen.event_id, write.cursor):
            return True
        newest_at = next(reversed(self._settled.values()), -inf)
        return self._lately(newest_at) and any(
            self._lately(self._settled.get(token, -inf)) for token in tokens if token is not None
        )

    def _lately(self, at: float) -> bool:
        return self.clock.monotonic() - at < STREAM_S


class CursorHolder(Protocol):
    """Who came with a cursor: `behind` while reads don't reach it."""

    @property
    def after(self) -> Cursor | None: ...

    @property
    def behind(self) -> bool: ...

    def hold_out(self, error: ServiceError) -> None: ...


@dataclass(slots=True, repr=False)
class Awaited:
    """What is awaited of one execution. `ahead` are the followers whose cursors aren't reached yet,
    and until when they are held."""

    id: ExecutionId
    clock: Clock
    own: OwnWrites
    ahead: dict[CursorHolder, float] = field(init=False, default_factory=dict)
    _youngest: Cursor | None = field(init=False, default=None)
    _until: float = field(init=False, default=-inf)

    def vouch(self, cursor: Cursor | None) -> None:
        """Somebody has this cursor of it."""
        if vouches(cursor, self.clock):
            self._until = self.clock.monotonic() + STREAM_S
            self._youngest = cursor

    def joined(self, follower: CursorHolder, *, begun: bool) -> None:
        """`begun` is whether anything of the execution was read yet."""
        self.vouch(follower.after)
        if not begun or follower.behind:
            self.ahead[follower] = self.clock.monotonic() + STREAM_S

    @property
    def looked_for(self) -> bool:
        """True if it isn't told to be missing for now: somebody vouched for it a moment ago."""
        return self.clock.monotonic() < self._until

    @property
    def there(self) -> bool:
        """True if it is there, by somebody's cursor."""
        return vouches(self._youngest, self.clock)

    def hides(self, seen: Cursor, tokens: Iterable[str | None]) -> bool:
        """True if what was read is shown to nobody new."""
        return self.own.hide(self.id, seen, tokens)

    def given_up(self) -> list[CursorHolder]:
        """Those whose cursors weren't reached for too long, each once. Forgets those that were."""
        now = self.clock.monotonic()
        ahead = {each: until for each, until in self.ahead.items() if each.behind}
        self.ahead = {each: until for each, until in ahead.items() if now < until}
        return [each for each, until in ahead.items() if now >= until]
