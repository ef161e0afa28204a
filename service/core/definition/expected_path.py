"""Tells how many states are still to come after each of a definition's, as far as that alone can
tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isinf

from .definition import Definition, Scope
from .path_lengths import longest, shortest


@dataclass(frozen=True, slots=True)
class ExpectedPaths:
    """`remaining` is how many states are expected after each state that can be reached, within its
    scope; `branches` how many a Parallel has."""

    remaining: Mapping[str, float]
    branches: Mapping[str, int]


def expected_paths(definition: Definition) -> ExpectedPaths:
    """Midway between the shortest and the longest path to the scope's end, so that each way out of
    a Choice counts; loops count once, and nothing fails."""
    remaining: dict[str, float] = {}
    for scope in reversed(definition.scopes):  # of names that repeat, the first wins
        remaining |= _remaining(scope)
    parallels = (s.name for s in definition.states.values() if s.type == "Parallel")
    return ExpectedPaths(remaining, {name: len(definition.scopes_in(name)) for name in parallels})


def _remaining(scope: Scope) -> dict[str, float]:
    if scope.start_at not in scope.states:
        return {}
    each = dict.fromkeys(scope.postorder(), 1)
    most, least = longest(scope, each, caught=False, lost=0), shortest(scope, each)
    return {
        name: (n if isinf(least[name]) else (least[name] + n) / 2) - 1 for name, n in most.items()
    }
