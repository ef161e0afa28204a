"""Writes down who somebody is and what they may, and reads it back: for the table, and for what is
signed. Never the credential that showed it.

Whoever reads a principal that a newer version wrote must not read more into it than was meant:
a member that limits is only added so that what stands in the others is less without it."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from handrail.core.models import Json

from .principals import Principal, grants_in

Member = TypeVar("Member")


def principal_document(principal: Principal) -> dict[str, Json]:
    ends_at = principal.expires_at
    return {
        "name": principal.name,
        "grants": [str(grant) for grant in principal.grants],
        "machines": [*principal.machines],
        "executions": [*principal.executions],
        "expires_at": None if ends_at is None else ends_at.isoformat(),
    }


def principal_in(document: Mapping[str, Json]) -> Principal:
    """A grant of a scope that isn't known here grants nothing. Raises KeyError, TypeError,
    ValueError."""
    text = document.get("expires_at")
    return Principal(
        name=_of(document["name"], str),
        grants=grants_in(_texts(document["grants"])),
        machines=_texts(document["machines"]),
        expires_at=None if text is None else datetime.fromisoformat(_of(text, str)),
        executions=_texts(document.get("executions", [])),
    )


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(_of(item, str) for item in _of(value, list))


def _of(value: Json, type: type[Member]) -> Member:
    if not isinstance(value, type):
        raise TypeError
    return value
