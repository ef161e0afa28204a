"""Reads the credential shown, and decides by its grants what a principal may do. What none of them
covers is answered like what doesn't exist, from the name alone, without a look.

A state machine counts by its name, whatever version or alias of it is meant; an execution by its
id, so that a Map Run's child is another execution than its parent."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Self

from handrail.core.errors import ExecutionNotFound, Forbidden, StateMachineNotFound
from handrail.core.machine_reference import machine_name_of
from handrail.core.models import ExecutionId

EVERY = "*"
LONGEST_NAME = 128
EMPTY: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Credential:
    """`bearer` may be a key or a token, `key` is surely a key. `ticket` and `token` stood in the
    address, where nothing else is taken: addresses end up in logs."""

    bearer: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    ticket: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def shown(
        cls, authorization: str | None, key: str | None, query: Mapping[str, str] = EMPTY
    ) -> Self:
        """By `?ticket=` or `?token=` of the query, where one counts, else by the headers
        `Authorization: Bearer …`, else `X-Api-Key: …`."""
        if "ticket" in query or "token" in query:
            return cls(ticket=query.get("ticket"), token=query.get("token"))
        scheme, _, text = (authorization or "").strip().partition(" ")
        if scheme.lower() == "bearer" and text.strip():
            return cls(bearer=text.strip())
        return cls(key=(key or "").strip() or None)

    @property
    def given(self) -> bool:
        return any(text is not None for text in (self.bearer, self.key, self.ticket, self.token))


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
    """Whoever calls. A call needs a grant of its scope that matches the state machine, and besides
    one of `machines` that does, or that the execution is one of `executions` (ids). Those are not
    for starts: what is started is another execution. `expires_at` is when the credential behind it
    ends, None for never. It is nobody's where the name is empty."""

    name: str
    grants: tuple[Grant, ...]
    machines: tuple[str, ...] = (EVERY,)
    expires_at: datetime | None = None
    executions: tuple[str, ...] = ()

    @property
    def share(self) -> str | None:
        """Whose part of the common limits it takes from; None for nobody's."""
        return self.name or None

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def sees(self, machine: str) -> bool:
        return any(self.may(scope, machine) for scope in AccessScope)

    def sees_execution(self, id: ExecutionId) -> bool:
        return any(self.may_with(scope, id) for scope in AccessScope)

    def may(self, scope: AccessScope, machine: str) -> bool:
        return _matches(machine, self.machines) and self._granted(scope, machine)

    def may_with(self, scope: AccessScope, id: ExecutionId) -> bool:
        """Whether it may do this with one execution."""
        if scope is not AccessScope.START and str(id) in self.executions:
            return self._granted(scope, id.machine)
        return self.may(scope, id.machine)

    def may_somewhere(self, scope: AccessScope) -> bool:
        """True for some state machine or execution, which need not exist."""
        anything = self.machines or (self.executions and scope is not AccessScope.START)
        return bool(anything) and any(grant.scope is scope for grant in self.grants)

    def may_everywhere(self, scope: AccessScope) -> bool:
        return EVERY in self.machines and Grant(scope) in self.grants

    def _granted(self, scope: AccessScope, machine: str) -> bool:
        return _matches(machine, (grant.pattern for grant in self.grants if grant.scope is scope))


ANYBODY = Principal("", tuple(map(Grant, AccessScope)))
"""Who calls where authentication is off. No credential has an empty name."""


def check_machine(principal: Principal, scope: AccessScope, reference: str) -> None:
    """Raises Forbidden, or StateMachineNotFound for what this principal can't see."""
    machine = machine_name_of(reference)
    if not principal.may(scope, machine):
        unseen = StateMachineNotFound("No state machine of this name in this account and region.")
        raise lacking(scope) if principal.sees(machine) else unseen


def check_execution(principal: Principal, scope: AccessScope, reference: str) -> None:
    """Raises Forbidden, or ExecutionNotFound for what this principal can't see or is no id."""
    id = ExecutionId.parse(reference)
    if not principal.may_with(scope, id):
        unseen = ExecutionNotFound("There is no such execution.")
        raise lacking(scope) if principal.sees_execution(id) else unseen


def check_somewhere(principal: Principal, scope: AccessScope) -> None:
    """Raises Forbidden where the principal has the scope for nothing at all."""
    if not principal.may_somewhere(scope):
        raise lacking(scope)


def check_everywhere(principal: Principal, scope: AccessScope) -> None:
    """Raises Forbidden where the scope is missing or limited to some state machines."""
    if principal.may_everywhere(scope):
        return
    limited = principal.may_somewhere(scope)
    raise lacking(scope, " for every state machine, not some" if limited else "")


def grants_in(texts: Iterable[str]) -> tuple[Grant, ...]:
    """The grants among these texts; another is somebody else's scope, and passed over."""
    found = dict[Grant, None]()
    for text in texts:
        with suppress(ValueError):
            found[Grant.parse(text)] = None
    return tuple(found)


def _matches(machine: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(machine, pattern) for pattern in patterns)


def lacking(scope: AccessScope, where: str = "") -> Forbidden:
    return Forbidden(f"This needs the scope {scope}{where}.", facts={"scope": scope.value})
