"""Versions and aliases of state machines: a version never changes, an alias points to one or two of
them by weight. Decides where an alias points to after a deployment.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

WHOLE = 100


@dataclass(frozen=True, slots=True)
class Route:
    """So many per cent of an alias's starts run this version."""

    version: str
    weight: int


@dataclass(frozen=True, slots=True)
class Alias:
    """`routes` are one or two."""

    name: str
    routes: tuple[Route, ...]
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A version, by its number, or an alias, by its name."""

    qualifier: str
    created_at: datetime


def main_route(routes: Iterable[Route]) -> Route:
    """The one with the most weight, of equal ones the older version. Raises ValueError for none."""
    return max(routes, key=lambda route: (route.weight, -_number(route.version)))


def shifted(routes: Sequence[Route], version: str, weight: int) -> tuple[Route, ...]:
    """The routes once `weight` per cent go to this version. The rest stays with the other version
    that had the most; where there is no other, this one gets all."""
    others = [route for route in routes if route.version != version and route.weight]
    if weight == WHOLE or not others:
        return (Route(version, WHOLE),)
    return Route(version, weight), Route(main_route(others).version, WHOLE - weight)


def same_routes(some: Iterable[Route], others: Iterable[Route]) -> bool:
    """True if starts are routed alike, in whatever order the routes stand."""
    return {route for route in some if route.weight} == {route for route in others if route.weight}


def _number(version: str) -> int:
    return int(version) if version.isdecimal() else 0
