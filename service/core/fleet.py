"""Knows the replicas that share a bus, and what each of them gave to principals.

Each replica reports every second what its principals hold and what they used since; all hear all.
So a share is known a second late: a principal may take more for so long, and no call waits for the
bus. While the bus is away each replica gives its part of a share: one of the replicas last known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from heapq import nlargest
from math import inf
from typing import NotRequired

from .shares import RateShares, Shares
from .typed_dict import TypedDict

GONE_AFTER_S = 5.0
ASSUMED_REPLICAS = 3  # by one that never heard another
MOST_REPORTED = 500  # principals of a kind, those with most of it
_Counts = dict[str, int]


class FleetReport(TypedDict):
    """By kind and by principal, of whom only a digest is told."""

    held: dict[str, _Counts]
    used: dict[str, _Counts]
    leaving: NotRequired[bool]


@dataclass(slots=True)
class _Replica:
    heard_at: float
    held: Mapping[str, _Counts]


@dataclass(slots=True, repr=False)
class Fleet:
    """Also the `ShareMaker` of its replica, `name`; `answers` is whether the bus does. Times are
    monotonic seconds, of `now` too."""

    name: str
    answers: Callable[[], bool]
    now: Callable[[], float]
    _others: dict[str, _Replica] = field(init=False, default_factory=dict)
    _heard_at: float = field(init=False, default=-inf)
    _held: dict[str, Shares] = field(init=False, default_factory=dict)
    _used: dict[str, "FleetRates"] = field(init=False, default_factory=dict)

    @property
    def replicas(self) -> int:
        """How many there are, this one too: while the bus is away, as many as there were."""
        return 1 + len(self._others) if self._heard_at > -inf else ASSUMED_REPLICAS

    @property
    def connected(self) -> bool:
        """Whether replicas hear each other: this one lately heard itself."""
        return self.answers() and self.now() - self._heard_at <= GONE_AFTER_S

    @property
    def parts(self) -> int:
        """This replica has one of so many parts of each share: all of it while replicas hear what
        each of them gives."""
        return 1 if self.connected else self.replicas

    def held(self, kind: str, limit: int) -> Shares:
        def elsewhere(principal: str) -> int:
            if not self.connected:
                return limit - max(1, limit // self.replicas)
            name = digest(principal)
            return sum(other.held.get(kind, {}).get(name, 0) for other in self._others.values())

        self._held[kind] = shares = Shares(limit, elsewhere)
        return shares

    def used(self, kind: str, rate: float, burst: float) -> RateShares:
        self._used[kind] = shares = FleetRates(rate, burst, self)
        return shares

    def report(self, *, leaving: bool = False) -> FleetReport:
        """What is to be told to all. What was used is told once."""
        report = FleetReport(
            held={kind: _held_most(shares) for kind, shares in self._held.items()},
            used={kind: _most(shares.take_counts()) for kind, shares in self._used.items()},
        )
        if leaving:
            report["leaving"] = True
        return report

    def heard(self, replica: str, report: FleetReport) -> bool:
        """A replica told this; answers whether it is one that wasn't known. Where it is this one
        itself, the connection works, so whoever wasn't heard for a while has gone."""
        now, known = self.now(), len(self._others)
        if replica == self.name:
            self._heard_at = now
            quiet = [n for n, other in self._others.items() if now - other.heard_at > GONE_AFTER_S]
            for name in quiet:
                del self._others[name]
        elif report.get("leaving"):
            self._others.pop(replica, None)
        else:
            self._others[replica] = _Replica(now, report["held"])
            for kind, counts in report["used"].items():
                if (shares := self._used.get(kind)) is not None:
                    shares.used_elsewhere(counts, now)
        return len(self._others) > known


class FleetRates(RateShares):
    """Of all replicas together; principals go by their digests here."""

    def __init__(self, rate: float, burst: float, fleet: Fleet) -> None:
        super().__init__(rate, burst)
        self._fleet = fleet
        self._counts: _Counts = {}

    def take(self, principal: str, now: float, *, weight: float = 1.0) -> float:
        name = digest(principal)
        if not (wait_s := super().take(name, now, weight=weight * self._fleet.parts)):
            self._count(name)
        return wait_s

    def due_at(self, principal: str, now: float, *, weight: float = 1.0) -> float:
        name = digest(principal)
        self._count(name)
        return super().due_at(name, now, weight=weight * self._fleet.parts)

    def used_elsewhere(self, counts: Mapping[str, int], now: float) -> None:
        for name, number in counts.items():
            self.use(name, now, number)

    def take_counts(self) -> _Counts:
        """How many were taken here since the last time, by digest."""
        counts, self._counts = self._counts, {}
        return counts

    def _count(self, name: str) -> None:
        self._counts[name] = self._counts.get(name, 0) + 1


def digest(text: str) -> str:
    """Stands for a name or an id that the bus needn't know."""
    return sha256(text.encode()).hexdigest()[:32]


def _held_most(shares: Shares) -> _Counts:
    return {digest(name): number for name, number in _most(shares.all_held).items()}


def _most(counts: _Counts) -> _Counts:
    if len(counts) <= MOST_REPORTED:
        return counts
    return dict(nlargest(MOST_REPORTED, counts.items(), key=lambda each: each[1]))
