"""Declares a list of executions, as it is read from AWS for one state machine or many, and of the
tasks that wait in them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from .errors import ServiceError, UnsupportedByType
from .history.facts import PendingTask
from .models import Execution, ExecutionId, ExecutionStatus


@dataclass(frozen=True, slots=True)
class ListFilter:
    """The newest `limit` executions of these state machines, or of all that one may read; of one
    status, or of all."""

    machines: tuple[str, ...] = ()
    status: ExecutionStatus | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """So many executions of each status that was asked for; `at_least` so many where there may be
    others than those that were read."""

    by_status: Mapping[ExecutionStatus, int]
    at_least: bool = False

    @property
    def total(self) -> int:
        return sum(self.by_status.values())

    @classmethod
    def of(
        cls, executions: Iterable[Execution], status: ExecutionStatus | None, *, at_least: bool
    ) -> Self:
        found = Counter(execution.status for execution in executions)
        asked = (each for each in ExecutionStatus if status in {None, each})
        return cls({each: found[each] for each in asked}, at_least)


@dataclass(frozen=True, slots=True)
class ListedMachine:
    """One state machine's part of a list, read at `as_of`. `reference` is its name, with a version
    or an alias behind it where the list is of those; `counts` is None where nobody counted."""

    reference: str
    as_of: datetime
    counts: StatusCounts | None


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A state machine whose executions aren't in the list, and why."""

    reference: str
    error: ServiceError


@dataclass(frozen=True, slots=True)
class ExecutionListing:
    """Newest first. `as_of` is that of the oldest part. Some executions are missing where state
    machines are `unlisted`, but for those that have no list at all."""

    executions: Sequence[Execution]
    as_of: datetime
    machines: Sequence[ListedMachine]
    unlisted: Sequence[Unlisted] = ()
    next_page: str | None = None

    @property
    def counts(self) -> StatusCounts | None:
        """Over all parts; None where one wasn't counted."""
        counted = [each.counts for each in self.machines if each.counts is not None]
        if len(counted) < len(self.machines):
            return None
        total = Counter[ExecutionStatus]()
        for each in counted:
            total.update(each.by_status)
        missing = any(may_have_executions(each) for each in self.unlisted)
        return StatusCounts(dict(total), missing or any(each.at_least for each in counted))


def may_have_executions(unlisted: Unlisted) -> bool:
    """Whether it might have been in the list: it has one."""
    return not isinstance(unlisted.error, UnsupportedByType)


@dataclass(frozen=True, slots=True)
class ListedTask:
    """It waited at `as_of`."""

    execution: ExecutionId
    task: PendingTask
    as_of: datetime


@dataclass(frozen=True, slots=True)
class SearchedMachine:
    """At `as_of` so many executions were `running`, None where they weren't listed; of those
    `read` were looked into lately."""

    name: str
    as_of: datetime | None
    running: int | None
    read: int
    complete: bool


@dataclass(frozen=True, slots=True)
class WaitingListing:
    """`tasks` are the newest of `total`. Where it is `complete` there were no others at `as_of`."""

    tasks: Sequence[ListedTask]
    total: int
    as_of: datetime
    complete: bool
    machines: Sequence[SearchedMachine]
    unlisted: Sequence[Unlisted]
