"""What running a state machine costs in Step Functions itself, as far as its definition tells.

US East prices of https://aws.amazon.com/step-functions/pricing/, without the free tier and without
what the called services charge.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .definition import Definition, Scope, State, TargetKind
from .graph import map_mode
from .models import MachineType

USD_PER_TRANSITION = 0.025 / 1000
USD_PER_REQUEST = 1.0 / 1_000_000
_NEVER = float("inf")
EXPRESS_NOTE = "Requests only: duration and memory come on top, by the formula in duration_pricing."


@dataclass(frozen=True, slots=True)
class Tier:
    """How many GB-hours a month cost so much each, None for all that are left."""

    gb_hours: float | None
    usd: float


@dataclass(frozen=True, slots=True)
class DurationPricing:
    """What an Express execution costs on top of its request."""

    formula: str = (
        "executions * ceil(duration_ms / 100) * 0.1 s "
        "* ceil(memory_mb / 64) * 64 / 1024 GB / 3600, priced by tier"
    )
    tiers_usd_per_gb_hour: tuple[Tier, ...] = (
        Tier(1000.0, 0.06),
        Tier(4000.0, 0.03),
        Tier(None, 0.01642),
    )


@dataclass(frozen=True, slots=True)
class Span:
    """The least and the most."""

    least: int
    most: int

    def __add__(self, other: "Span") -> "Span":
        return Span(self.least + other.least, self.most + other.most)


@dataclass(frozen=True, slots=True)
class MapCost:
    """A Map's transitions for each item, which the totals leave out: items are in the input.

    The children of a DISTRIBUTED Map are executions of their own type; Express ones are billed as
    requests instead.
    """

    state: str
    mode: str
    child_type: MachineType
    per_item: Span


@dataclass(frozen=True, slots=True)
class PriceRange:
    """The least and the most, in USD."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """`transitions` of one Standard execution, null for Express; `usd_per_1000_executions` before
    items, retries and repeated loops. `duration_pricing` is for Express only."""

    type: MachineType
    transitions: Span | None
    usd_per_1000_executions: PriceRange
    maps: tuple[MapCost, ...]
    duration_pricing: DurationPricing | None
    notes: tuple[str, ...]


def estimate(definition: Definition, machine_type: MachineType) -> Estimate:
    """The cost the definition alone can tell. Raises nothing: dangling transitions end a path."""
    spans = _Spans(definition)
    maps = tuple(spans.maps())
    if machine_type is MachineType.EXPRESS:
        usd = round(1000 * USD_PER_REQUEST, 6)
        price, pricing = PriceRange(usd, usd), DurationPricing()
        return Estimate(machine_type, None, price, maps, pricing, (EXPRESS_NOTE,))
    total, notes = spans.of(definition.top), tuple(_notes(definition, maps))
    least, most = (round(1000 * n * USD_PER_TRANSITION, 6) for n in (total.least, total.most))
    return Estimate(machine_type, total, PriceRange(least, most), maps, None, notes)


class _Spans:
    """Path lengths, scope by scope, each path without turning back."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._known: dict[str, Span] = {}

    def of(self, scope: Scope) -> Span:
        if scope.path not in self._known:
            self._known[scope.path] = self._measure(scope)
        return self._known[scope.path]

    def maps(self) -> Iterator[MapCost]:
        for state in self._definition.states.values():
            mode = map_mode(state)
            inner = self._definition.scopes_in(state.name) if mode else ()
            for scope in inner:
                yield MapCost(state.name, mode or "", _child_type(state), self.of(scope))

    def _measure(self, scope: Scope) -> Span:
        if scope.start_at not in scope.states or scope.start_at is None:
            return Span(0, 0)
        own = {name: self._own(state) for name, state in scope.states.items()}
        order = _postorder(scope, scope.start_at)
        least = _shortest(scope, order, {name: span.least for name, span in own.items()})
        most = _longest(scope, order, {name: span.most for name, span in own.items()})
        if least[scope.start_at] == _NEVER or most[scope.start_at] == -_NEVER:
            return sum((own[name] for name in order), Span(0, 0))
        return Span(int(least[scope.start_at]), int(most[scope.start_at]))

    def _own(self, state: State) -> Span:
        """The state itself, and in a Parallel all of its branches."""
        span = Span(1, 1)
        if state.type == "Parallel":
            for scope in self._definition.scopes_in(state.name):
                span += self.of(scope)
        return span


def _postorder(scope: Scope, start: str) -> list[str]:
    """The states that can be reached, each after those it leads to, loops aside."""
    order: list[str] = []
    seen: set[str] = set()
    pending: list[tuple[str, bool]] = [(start, False)]
    while pending:
        name, leaving = pending.pop()
        if leaving:
            order.append(name)
        elif name not in seen:
            seen.add(name)
            pending.append((name, True))
            pending.extend((target, False) for target in _onward(scope, name))
    return order


def _shortest(scope: Scope, order: list[str], own: dict[str, int]) -> dict[str, float]:
    """The least from each state to an end, where nothing fails. Repeats until nothing changes."""
    lengths = dict.fromkeys(order, _NEVER)
    changed = True
    while changed:
        changed = False
        for name in order:
            onward = _onward(scope, name, caught=False)
            after = (
                0 if scope.states[name].end else min((lengths[n] for n in onward), default=_NEVER)
            )
            changed |= own[name] + after < lengths[name]
            lengths[name] = min(lengths[name], own[name] + after)
    return lengths


def _longest(scope: Scope, order: list[str], own: dict[str, int]) -> dict[str, float]:
    """The most from each state to an end, without going round."""
    lengths: dict[str, float] = {}
    for name in order:
        after = [lengths[target] for target in _onward(scope, name) if target in lengths]
        after += [0] if scope.states[name].end else []
        lengths[name] = own[name] + max(after, default=-_NEVER)
    return lengths


def _onward(scope: Scope, name: str, *, caught: bool = True) -> Iterator[str]:
    for target in scope.states[name].targets:
        if target.state in scope.states and (caught or target.kind is not TargetKind.CATCH):
            yield target.state


def _child_type(state: State) -> MachineType:
    if map_mode(state) != "DISTRIBUTED":
        return MachineType.STANDARD
    kind = state.raw["ItemProcessor"]["ProcessorConfig"].get("ExecutionType")
    return MachineType.EXPRESS if kind == "EXPRESS" else MachineType.STANDARD


def _notes(definition: Definition, maps: tuple[MapCost, ...]) -> Iterator[str]:
    yield "Every state entered is one transition; Catch paths count in the most."
    yield "Each further turn of a loop adds its states again."
    if any(state.raw.get("Retry") for state in definition.all_states):
        yield "Each retry is one more transition."
    if maps:
        yield "A Map's items come on top: per_item transitions for each."
    if any(m.mode == "DISTRIBUTED" for m in maps):
        yield "A distributed Map starts one child execution for each item or batch."
