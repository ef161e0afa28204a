"""Narrows a principal to what one browser may need: some executions, some state machines, some
scopes, for some time. What comes out may nothing that its maker may not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from handrail.core.errors import (
    ExecutionNotFound,
    FieldError,
    InvalidRequest,
    StateMachineNotFound,
)
from handrail.core.machine_reference import machine_name_of
from handrail.core.models import ExecutionId, from_ms, to_ms

from .principals import (
    EVERY,
    AccessScope,
    Grant,
    Principal,
    lacking,
)

MAX_LIFETIME_S = 86_400
MOST_NAMED = 50
NAMES_NOTHING = "Name at least one execution or state machine that it opens."
QUALIFIED = "A state machine is named here without its version or alias."
NO_MACHINE = "This ARN names no state machine."


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a credential is to open: these executions (ids or ARNs), and the executions of the state
    machines that these patterns match; by these scopes; for so long at most. Where neither
    executions nor machines are given it opens all that its maker may; the same of the others."""

    executions: Sequence[str] | None = None
    machines: Sequence[str] | None = None
    scopes: Sequence[str] | None = None
    expires_in_s: float | None = None

    @property
    def names_nothing(self) -> bool:
        return not self.executions and not self.machines

    @property
    def names(self) -> bool:
        """Whether it says anything of executions or state machines."""
        return self.executions is not None or self.machines is not None


def narrowed(maker: Principal, to: Narrowing, now: datetime) -> Principal:
    """The maker, narrowed. A scope or a pattern that the maker has only in part, or not at all, is
    narrowed to that part.

    Raises InvalidRequest for what names nothing or can't be read, ExecutionNotFound and
    StateMachineNotFound where the maker sees nothing of what is named, Forbidden where it has none
    of the scopes."""
    if to.names and to.names_nothing:
        raise _broken("executions", NAMES_NOTHING)
    found = maker
    if to.scopes is not None:
        found = replace(found, grants=_grants(maker, to.scopes))
    if to.names:
        executions, machines = to.executions or (), to.machines or ()
        found = _opening(found, maker, _ids(executions), _patterns(machines))
    if to.expires_in_s is not None:
        ends_at = from_ms(to_ms(now + timedelta(seconds=to.expires_in_s)))
        ends_at = min(ends_at, maker.expires_at or ends_at)
        found = replace(found, expires_at=ends_at)
    return found


def reader_of(maker: Principal, execution: ExecutionId, now: datetime) -> Principal:
    """Whoever reads this one execution, whatever else its maker may, and not for longer."""
    whole = replace(maker, grants=(Grant(AccessScope.READ),), machines=(EVERY,))
    named = Narrowing(executions=(str(execution),), expires_in_s=MAX_LIFETIME_S)
    return narrowed(whole, named, now)


def common(first: Iterable[str], second: Sequence[str]) -> tuple[str, ...]:
    """Patterns that match what both match, as far as patterns can say it: of two that overlap and
    neither of which holds the other, neither is among them."""
    found = dict[str, None]()
    for one in first:
        for other in second:
            if _within(one, other):
                found[one] = None
            elif _within(other, one):
                found[other] = None
    return tuple(found)


def _within(inner: str, outer: str) -> bool:
    """True only where `outer` surely matches all that `inner` matches: read as a text, `inner` fits
    into the `*` of `outer`. That says nothing where one has `[`, or `outer` a `?`."""
    if outer in (EVERY, inner):
        return True
    if not set("*?[") & set(inner):
        return fnmatchcase(inner, outer)
    return not set("?[") & set(outer) and "[" not in inner and fnmatchcase(inner, outer)


def _grants(maker: Principal, scopes: Sequence[str]) -> tuple[Grant, ...]:
    """The part of them that the maker has."""
    asked = []
    for place, text in enumerate(scopes):
        try:
            asked.append(Grant.parse(text))
        except ValueError as error:
            raise _broken(f"scopes.{place}", str(error)) from None
    if not asked:
        raise _broken("scopes", "Name at least one scope.")
    found = dict[Grant, None]()
    for grant in asked:
        mine = [its.pattern for its in maker.grants if its.scope is grant.scope]
        for pattern in common([grant.pattern], mine):
            found[Grant(grant.scope, pattern)] = None
    if not found:
        raise lacking(asked[0].scope)
    return tuple(found)


def _opening(
    found: Principal, maker: Principal, ids: Sequence[ExecutionId], patterns: Sequence[str]
) -> Principal:
    """`found`, opening of what the maker sees just this."""
    if not all(map(maker.sees_execution, ids)):
        raise ExecutionNotFound("There is no such execution.")
    machines = common(patterns, maker.machines)
    named = dict.fromkeys(map(str, ids))
    for text in maker.executions:
        if any(fnmatchcase(ExecutionId.parse(text).machine, pattern) for pattern in patterns):
            named[text] = None
    if not machines and not named:
        raise StateMachineNotFound("No state machine of these names in this account and region.")
    return replace(found, machines=machines, executions=tuple(named))


def _ids(references: Sequence[str]) -> list[ExecutionId]:
    found = []
    for place, reference in enumerate(references):
        try:
            found.append(ExecutionId.parse(reference))
        except ExecutionNotFound as error:
            raise _broken(f"executions.{place}", error.detail) from None
    return found


def _patterns(references: Sequence[str]) -> list[str]:
    """Names and patterns over them, a name in place of a state machine's ARN. A version or an alias
    would be opened with all the others, so it is refused."""
    found = []
    for place, reference in enumerate(references):
        name, arn = machine_name_of(reference), reference.startswith("arn:")
        if arn and reference.split(":")[2:6:3] != ["states", "stateMachine"]:
            raise _broken(f"machines.{place}", NO_MACHINE)
        qualified = reference.count(":") > 6 if arn else name != reference
        if not name or qualified:
            raise _broken(f"machines.{place}", QUALIFIED)
        found.append(name)
    return found


def _broken(path: str, message: str) -> InvalidRequest:
    return InvalidRequest(f"{path}: {message}", errors=[FieldError(path, message)])
