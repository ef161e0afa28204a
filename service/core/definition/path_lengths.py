"""Measures the paths through one scope of a definition, from each of its states to an end."""

from collections.abc import Mapping
from math import inf

from .definition import Scope


def shortest(scope: Scope, lengths: Mapping[str, int]) -> dict[str, float]:
    """The least from each of these states, itself included, to an end, where nothing fails; inf
    where there is no way. `lengths` are the states' own."""
    found, before = dict.fromkeys(lengths, inf), dict[str, float]()
    while found != before:
        before = dict(found)
        for name, length in lengths.items():
            after = [found[target] for target in scope.onward(name, caught=False)]
            found[name] = length + (0 if scope.states[name].end else min(after, default=inf))
    return found


def longest(
    scope: Scope, lengths: Mapping[str, int], *, caught: bool = True, lost: float = -inf
) -> dict[str, float]:
    """The most from each of these states, itself included, to an end, without going round; `lost`
    is what is left of a path that leads to none. `lengths` are the states' own, each after those
    that it leads to; Catches are taken only where they are `caught`."""
    found: dict[str, float] = {}
    for name, length in lengths.items():
        after = [found[target] for target in scope.onward(name, caught=caught) if target in found]
        after += [0] if scope.states[name].end else []
        found[name] = length + max(after, default=lost)
    return found
