"""Declares the stream that executions' events are pushed into, and decides which of its shards are
read, and from where, as resharding goes on.

A shard that is split or merged is closed, and others take over from it. What it still holds came
before anything in those, so they begin once it is read to its end.
https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

CHECKPOINT_GOOD_S = 300.0
"""An older one would bring more than is worth reading: the histories have it all."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One of a stream's. `parents` are those that it took over from; it is `open` until others take
    over from it."""

    id: str
    parents: tuple[str, ...] = ()
    open: bool = True


@dataclass(frozen=True, slots=True)
class StreamRecord:
    sequence_number: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShardRecords:
    """In order. `next_iterator` is None at the end of a shard that others took over from;
    `behind_s` is by how much this is older than the shard's newest."""

    records: tuple[StreamRecord, ...]
    next_iterator: str | None
    behind_s: float


@dataclass(frozen=True, slots=True)
class ShardStart:
    """Read a shard behind a sequence number; without one from a time on, or what comes from now on
    if `newest`, else from its oldest record on."""

    shard: str
    after: str | None = None
    newest: bool = False
    since: datetime | None = None


class EventShards(Protocol):
    """A stream that executions' log lines and status changes are pushed into. Every method also
    raises NotFound where there is no such stream."""

    async def list_all(self) -> Sequence[Shard]: ...

    async def iterator(self, start: ShardStart) -> str:
        """Where to read a shard from, good for five minutes. Raises InvalidRequest for a sequence
        number of another stream."""

    async def read(self, iterator: str, *, limit: int) -> ShardRecords:
        """Raises InvalidRequest for an expired iterator."""


@dataclass(slots=True)
class ShardPlan:
    """Of one stream, from the first listing on. Each shard is begun once."""

    _listed: dict[str, Shard] = field(init=False, default_factory=dict)
    _begun: set[str] = field(init=False, default_factory=set)
    _over: set[str] = field(init=False, default_factory=set)

    def update(
        self, shards: Sequence[Shard], checkpoints: Mapping[str, str] | None = None
    ) -> list[ShardStart]:
        """The shards to begin, now that the stream has these. The first listing begins with what is
        open, from now on or behind its checkpoint; what was closed before is left alone, unless a
        checkpoint says that it isn't read to its end."""
        first, known = not self._listed, checkpoints or {}
        self._listed = {shard.id: shard for shard in shards}
        self._begun &= self._listed.keys()
        self._over &= self._listed.keys()
        starts = [] if not first else self._first(known)
        return starts + self._due()

    def end(self, shard: str) -> list[ShardStart]:
        """The shards to begin now that this one is read to its end."""
        self._over.add(shard)
        return self._due()

    def _first(self, checkpoints: Mapping[str, str]) -> list[ShardStart]:
        starts: list[ShardStart] = []
        for id, shard in self._listed.items():
            if id in checkpoints:
                starts.append(ShardStart(id, checkpoints[id]))
            elif self._comes_after(id, checkpoints):
                continue
            elif shard.open:
                starts.append(ShardStart(id, newest=True))
            else:
                self._over.add(id)
        self._begun |= {start.shard for start in starts}
        return starts

    def _comes_after(self, id: str, checkpoints: Mapping[str, str]) -> bool:
        """Whether anything that this shard took over from, at any remove, is still to be read."""
        waiting, seen = [*self._listed[id].parents], set[str]()
        while waiting:
            if (parent := waiting.pop()) in self._listed and parent not in seen:
                seen.add(parent)
                waiting += self._listed[parent].parents
        return not seen.isdisjoint(checkpoints)

    def _due(self) -> list[ShardStart]:
        """A parent that is listed no more has nothing left to read."""
        due = [
            id
            for id, shard in self._listed.items()
            if id not in self._begun | self._over
            and all(parent in self._over or parent not in self._listed for parent in shard.parents)
        ]
        self._begun |= set(due)
        return [ShardStart(id) for id in due]
