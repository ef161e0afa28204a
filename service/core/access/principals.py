"""Reads the credential shown, and decides by its grants what a principal may do. What none of them
covers is answered like what doesn't exist, from the name alone, without a look."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Self

from service.core.errors import ExecutionNotFound, Forbidden, ServiceError, StateMachineNotFound
from service.core.machine_reference import machine_name_of
from service.core.models import ExecutionId

EVERY = "*"
LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Credential:
    """`bearer` may be a key or a token, `key` is surely a key."""

    bearer: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)

    @classmethod
    def shown(cls, authorization: str | None, key: str | None) -> Self:
        """By the headers `Authorization: Bearer …`, else `X-Api-Key: …`."""
        scheme, _, text = (authorization or "").strip().partition(" ")
        if scheme.lower() == "bearer" and text.strip():
            return cls(bearer=text.strip())
        return cls(key=(key or "").strip() or None)

    @property
    def given(self) -> bool:
        return self.bearer is not None or self.key is not None


class AccessScope(StrEnum):
    """`read`: catalogue, lists, snapshots, events, streams, sockets. `start`: starts of every kind.
    `operate`: stop and redrive. `complete`: settling tasks, and their heartbeats."""

    READ = "read"
    START = "start"
    OPERATE = "operate"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Grant:
    """One scope over the state machines whose name `pattern` matches: whole, shell-style."""

    scope: AccessScope
    pattern: str = EVERY

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `read`, or `read:order-*`. Raises ValueError, which doesn't repeat the text."""
        scope, colon, pattern = text.partition(":")
        if scope not in set(AccessScope) or (colon and not pattern):
            raise ValueError(f"A scope is {', '.join(AccessScope)}, or <scope>:<machine pattern>.")
        return cls(AccessScope(scope), pattern or EVERY)

    def __str__(self) -> str:
        return self.scope.value if self.pattern == EVERY else f"{self.scope.value}:{self.pattern}"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever calls. A call needs a grant of its scope and one of `machines` that both match the
    state machine. `expires_at` is when the credential behind it ends, None for never."""

    name: str
    grants: tuple[Grant, ...]
    machines: tuple[str, ...] = (EVERY,)
    expires_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def sees(self, machine: str) -> bool:
        return any(self.may(scope, machine) for scope in AccessScope)

    def may(self, scope: AccessScope, machine: str) -> bool:
        granted = (grant.pattern for grant in self.grants if grant.scope is scope)
        return all(
            any(fnmatchcase(machine, pattern) for pattern in patterns)
            for patterns in (self.machines, granted)
        )

    def may_somewhere(self, scope: AccessScope) -> bool:
        """True for some state machine, which need not exist."""
        return bool(self.machines) and any(grant.scope is scope for grant in self.grants)

    def may_everywhere(self, scope: AccessScope) -> bool:
        return EVERY in self.machines and Grant(scope) in self.grants


ANYBODY = Principal("anybody", tuple(map(Grant, AccessScope)))  # where authentication is off


def check_machine(principal: Principal, scope: AccessScope, reference: str) -> None:
    """Raises Forbidden, or StateMachineNotFound for what this principal can't see."""
    unseen = StateMachineNotFound("No state machine of this name in this account and region.")
    _check(principal, scope, machine_name_of(reference), unseen)


def check_execution(principal: Principal, scope: AccessScope, reference: str) -> None:
    """Raises Forbidden, or ExecutionNotFound for what this principal can't see or is no id."""
    unseen = ExecutionNotFound("There is no such execution.")
    _check(principal, scope, ExecutionId.parse(reference).machine, unseen)


def check_somewhere(principal: Principal, scope: AccessScope) -> None:
    """Raises Forbidden where the principal has the scope for no state machine at all."""
    if not principal.may_somewhere(scope):
        raise _lacking(scope)


def check_everywhere(principal: Principal, scope: AccessScope) -> None:
    """Raises Forbidden where the scope is missing or limited to some state machines."""
    if principal.may_everywhere(scope):
        return
    limited = principal.may_somewhere(scope)
    raise _lacking(scope, " for every state machine, not some" if limited else "")


def grants_in(texts: Iterable[str]) -> tuple[Grant, ...]:
    """The grants among these texts; another is somebody else's scope, and passed over."""
    found = dict[Grant, None]()
    for text in texts:
        with suppress(ValueError):
            found[Grant.parse(text)] = None
    return tuple(found)


def _check(principal: Principal, scope: AccessScope, machine: str, unseen: ServiceError) -> None:
    if not principal.may(scope, machine):
        raise _lacking(scope) if principal.sees(machine) else unseen


def _lacking(scope: AccessScope, where: str = "") -> Forbidden:
    return Forbidden(f"This needs the scope {scope}{where}.", facts={"scope": scope.value})
