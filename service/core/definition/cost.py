"""Estimates from its definition what a state machine costs in Step Functions itself, by US East
prices of https://aws.amazon.com/step-functions/pricing/ and without the free tier."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil, inf

from handrail.core.models import Json, MachineType

from .definition import Definition, Scope
from .path_lengths import longest, shortest

USD_PER_TRANSITION = 0.025 / 1000
USD_PER_REQUEST = 1.0 / 1_000_000
_EXPRESS_NOTE = "Requests only: duration and memory come on top, as duration_pricing says."
DURATION_PRICING = {
    "formula": "executions * ceil(duration_ms / 100) * 0.1 s "
    "* ceil(memory_mb / 64) * 64 / 1024 GB / 3600, priced by tier",
    "tiers_usd_per_gb_hour": [
        {"gb_hours": 1000.0, "usd": 0.06},
        {"gb_hours": 4000.0, "usd": 0.03},
        {"gb_hours": None, "usd": 0.01642},
    ],
}
"""The price of an Express execution's duration, per month."""

USD_PER_GB_SECOND = 0.06 / 3600
"""Of an Express execution, in the first tier."""

_PER_SECOND = "and $0.00104 for each second they take with 64 MB of memory"
"""A thousand seconds with 64 MB, in the first tier."""


@dataclass(frozen=True, slots=True)
class TransitionCount:
    """The least and the most."""

    least: int
    most: int

    def __add__(self, other: "TransitionCount") -> "TransitionCount":
        return TransitionCount(self.least + other.least, self.most + other.most)


@dataclass(frozen=True, slots=True)
class MapCost:
    """A Map's transitions for each item, which the totals leave out. Children of a DISTRIBUTED Map
    are executions of `child_type`; Express ones are billed as requests instead."""

    state: str
    mode: str
    child_type: MachineType
    per_item: TransitionCount


@dataclass(frozen=True, slots=True)
class Estimate:
    """`transitions` of one Standard execution, or `duration_pricing` of Express ones;
    `usd_per_1000_executions` is `least` and `most`, before items, retries and repeated loops;
    `words` is the whole in one sentence."""

    type: MachineType
    transitions: TransitionCount | None
    usd_per_1000_executions: dict[str, float]
    maps: list[MapCost]
    duration_pricing: dict[str, Json] | None
    notes: list[str]
    words: str


def estimate(definition: Definition, machine_type: MachineType) -> Estimate:
    """The cost the definition alone can tell. Raises nothing: dangling transitions end a path."""
    counts: dict[str, TransitionCount] = {}
    for scope in reversed(definition.scopes):  # the inner ones first
        counts[scope.path] = _count(definition, scope, counts)
    maps: list[MapCost] = []
    for state in definition.states.values():
        if mode := state.map_mode:
            child = MachineType.EXPRESS if state.express_children else MachineType.STANDARD
            scopes = definition.scopes_in(state.name)
            maps += [MapCost(state.name, mode, child, counts[scope.path]) for scope in scopes]
    if machine_type is MachineType.EXPRESS:
        usd = dict.fromkeys(("least", "most"), round(1000 * USD_PER_REQUEST, 6))
        words = f"1 request, {_dollars(usd)} per 1,000 executions, {_PER_SECOND}"
        return Estimate(machine_type, None, usd, maps, DURATION_PRICING, [_EXPRESS_NOTE], words)
    total = counts[definition.scopes[0].path]
    usd = {key: round(1000 * n * USD_PER_TRANSITION, 6) for key, n in asdict(total).items()}
    words = f"{_counted(total)}, {_dollars(usd)} per 1,000 executions"
    for each in maps:
        words += f", and {_counted(each.per_item)} for each item of {each.state}"
    return Estimate(machine_type, total, usd, maps, None, [*_notes(definition, maps)], words)


def express_usd(duration_s: float, memory_mb: int = 64) -> float:
    """One Express execution's request and its duration, in the first tier."""
    billed_s, gb = ceil(round(duration_s * 10, 6)) / 10, ceil(memory_mb / 64) / 16
    return USD_PER_REQUEST + billed_s * gb * USD_PER_GB_SECOND


def _counted(count: TransitionCount) -> str:
    if count.least == count.most:
        return f"{count.most:,} transition{'s' * (count.most != 1)}"
    return f"{count.least:,} to {count.most:,} transitions"


def _dollars(usd: Mapping[str, float]) -> str:
    """In whole cents, rounded as people do, from ten of them on."""
    cents = {key: int(value * 100 + 0.5 + 1e-6) for key, value in usd.items()}
    said = [f"${cents[key] / 100:,.2f}" if cents[key] >= 10 else f"${usd[key]:.3g}" for key in usd]
    return said[0] if said[0] == said[1] else " to ".join(said)


def _count(
    definition: Definition, scope: Scope, inner: Mapping[str, TransitionCount]
) -> TransitionCount:
    """The length of the paths through a scope, each path without turning back."""
    if scope.start_at not in scope.states:
        return TransitionCount(0, 0)
    states = dict.fromkeys(scope.postorder(), TransitionCount(1, 1))
    for name in states:
        if scope.states[name].type == "Parallel":
            paths = (branch.path for branch in definition.scopes_in(name))
            # A name that repeats, which AWS refuses, may have branches that aren't inside this one.
            states[name] = sum((inner[path] for path in paths if path in inner), states[name])
    least = shortest(scope, {name: n.least for name, n in states.items()})[scope.start_at]
    most = longest(scope, {name: n.most for name, n in states.items()})[scope.start_at]
    if least == inf or most == -inf:
        return sum(states.values(), TransitionCount(0, 0))
    return TransitionCount(int(least), int(most))


def _notes(definition: Definition, maps: Sequence[MapCost]) -> Iterator[str]:
    yield "Every state entered is one transition; Catch paths count in the most."
    yield "Each further turn of a loop adds its states again."
    if any(state.raw.get("Retry") for state in definition.all_states):
        yield "Each retry is one more transition."
    if maps:
        yield "A Map's items come on top, each with transitions of its own."
    if any(each.mode == "DISTRIBUTED" for each in maps):
        yield "A distributed Map starts one child execution for each item or batch."
