"""Who wants to be told what, and where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from handrail.core.errors import SettingsError
from handrail.core.json_text import json_bytes
from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import ExecutionId

from .news_kinds import ANY_STATE, state_and_verb, state_kind
from .notify_entries import SETTING, MachinesEntry, NotifyEntry
from .targets import THE_NEWS, StartTarget, Target


@dataclass(frozen=True, slots=True)
class NewsFilter:
    """The kinds that are asked for; `state:*.failed` is any state's."""

    kinds: tuple[str, ...]

    def matching(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Those of a news' kinds that are asked for, in their order."""
        return tuple(kind for kind in kinds if self._asks_for(kind))

    def _asks_for(self, kind: str) -> bool:
        found = state_and_verb(kind)
        return kind in self.kinds or (
            found is not None and state_kind(ANY_STATE, found[1]) in self.kinds
        )


@dataclass(frozen=True, slots=True)
class NewsSubscription:
    """`id` is 12 hex digits, the same for the same machines, kinds and target, whatever its secret.
    `place` says where it is written: `HANDRAIL_NOTIFY[0]`, `orders: notify[1]`. With `links`, a
    waiting task's news carries a signed link that settles it."""

    id: str
    machines: MachinePatterns
    on: NewsFilter
    target: Target
    links: bool = False
    place: str = field(default="", compare=False)

    def about(self, execution: ExecutionId) -> bool:
        """Whether it may ask for news of this one. A distributed Map's children aren't followed,
        nor are Express executions, whose history nobody can read again."""
        own = execution.label is None and not execution.express
        return own and self.machines.match(execution.machine)


def subscriptions_in(
    machine: str, entries: Iterable[NotifyEntry], environment: Mapping[str, str]
) -> list[NewsSubscription]:
    """Of a state machine's file, `${…}` filled in; `environment` has the secrets' variables. Raises
    SettingsError naming each entry that can't be used."""
    patterns = MachinePatterns((machine,))
    placed = [(f"{machine}: notify[{n}]", patterns, entry) for n, entry in enumerate(entries)]
    return _subscriptions(placed, environment)


def subscriptions_of_setting(
    entries: Iterable[MachinesEntry], environment: Mapping[str, str]
) -> list[NewsSubscription]:
    """Of HANDRAIL_NOTIFY. Raises as `subscriptions_in`."""
    placed = [(f"{SETTING}[{n}]", entry.patterns, entry) for n, entry in enumerate(entries)]
    return _subscriptions(placed, environment)


def _subscriptions(
    entries: Iterable[tuple[str, MachinePatterns, NotifyEntry]], environment: Mapping[str, str]
) -> list[NewsSubscription]:
    found: dict[str, NewsSubscription] = {}
    faults = []
    for place, machines, entry in entries:
        try:
            target = entry.target(environment)
        except ValueError as error:
            faults.append(f"{place}: {error}")
            continue
        id = _id(machines, entry, target)
        if (same := found.get(id)) is not None:
            faults.append(f"{place}: says the same as {same.place}")
        on = NewsFilter(tuple(entry.on))
        found[id] = NewsSubscription(id, machines, on, target, entry.links, place)
    if faults:
        raise SettingsError("; ".join(faults))
    return list(found.values())


def _id(machines: MachinePatterns, entry: NotifyEntry, target: Target) -> str:
    where = entry.url
    if isinstance(target, StartTarget):
        where = json_bytes(
            [target.machine] if target.input is THE_NEWS else [target.machine, target.input]
        ).decode()
    said = json_bytes([sorted(machines.patterns), sorted(entry.on), where])
    return blake2b(said, digest_size=6).hexdigest()
