"""Declares the nouns: state machines, executions, history events, ids and cursors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

from .errors import ExecutionNotFound, InvalidRequest
from .execution_logging import ExecutionLogging
from .machine_encryption import MachineEncryption
from .trace_context import TraceContext

PageItem = TypeVar("PageItem")
Json = Any
"""Whatever json.loads can answer. Payloads belong to the caller; we never look inside."""


class MachineType(StrEnum):
    STANDARD = "STANDARD"
    EXPRESS = "EXPRESS"


class ExecutionStatus(StrEnum):
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"
    PENDING_REDRIVE = "PENDING_REDRIVE"

    @property
    def terminal(self) -> bool:
        """Nothing more happens by itself. A redrive may still reopen the execution."""
        return self not in {ExecutionStatus.RUNNING, ExecutionStatus.PENDING_REDRIVE}


class StateStatus(StrEnum):
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    RETRYING = "RETRYING"
    SUCCEEDED = "SUCCEEDED"
    CAUGHT = "CAUGHT"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """Numbered as by GetExecutionHistory: 1, 2, 3 … `details` is the one `…EventDetails` object
    with AWS's own keys, `{}` where there is none; `details_key` is its name."""

    id: int
    previous_id: int
    type: str
    at: datetime
    details: Mapping[str, Json]
    details_key: str | None = None


CURSOR = "([0-9]{1,14}):([0-9]{1,16})"
"""An epoch of more digits is no date."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS, _HALF_A_MS = timedelta(milliseconds=1), timedelta(microseconds=500)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a history. The epoch is the execution's start in ms: a name can be reused."""

    epoch: int
    event_id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `<epoch>:<event id>`. Raises InvalidRequest."""
        if (found := re.fullmatch(CURSOR, text)) is None:
            raise InvalidRequest("A cursor reads <epoch>:<event id>, as the service gave it.")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.event_id}"

    def belongs_to(self, epoch: int) -> bool:
        """True for the execution that began then: AWS dates a start and its first event a
        little apart, and a name returns no sooner than in 90 days."""
        return abs(self.epoch - epoch) <= 10_000


@dataclass(frozen=True, slots=True)
class Account:
    """Where ARNs live, as the first ARN that AWS shows us says."""

    partition: str
    region: str
    account_id: str

    @classmethod
    def of(cls, arn: str) -> Self:
        _, partition, _, region, account_id, *_ = arn.split(":")
        return cls(partition, region, account_id)

    def execution_arn(self, execution_id: "ExecutionId") -> str:
        kind = "express" if execution_id.express else "execution"
        return f"arn:{self.partition}:states:{self.region}:{self.account_id}:{kind}:{execution_id}"


@dataclass(frozen=True, slots=True)
class ExecutionId:
    """The part of an ARN behind `:execution:` or `:express:`: standard `machine:name`, a Map Run's
    child `machine/label:name`, Express `machine:name:uuid`."""

    machine: str
    name: str
    label: str | None = None
    run: str | None = None

    @property
    def express(self) -> bool:
        return self.run is not None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an id or a full ARN. Raises ExecutionNotFound: what isn't an id names nothing."""
        if text.startswith("arn:"):
            parts = text.split(":", 6)
            if len(parts) != 7 or parts[2] != "states" or parts[5] not in {"execution", "express"}:
                raise ExecutionNotFound("This ARN names no execution.")
            text = parts[6]
        machine, *names = text.split(":")
        machine, slash, label = machine.partition("/")
        if not machine or len(names) not in {1, 2} or not all(names) or (slash and not label):
            raise ExecutionNotFound("An execution's id reads <state machine>:<name>.")
        return cls(machine, names[0], label or None, names[1] if len(names) == 2 else None)

    def __str__(self) -> str:
        machine = f"{self.machine}/{self.label}" if self.label else self.machine
        return ":".join(filter(None, (machine, self.name, self.run)))


def reference(execution: str) -> tuple[ExecutionId, Account | None]:
    """An id, or a full ARN with the account it must then be in. Raises ExecutionNotFound."""
    id = ExecutionId.parse(execution)
    return id, Account.of(execution) if execution.startswith("arn:") else None


@dataclass(frozen=True, slots=True)
class StateMachine:
    """`qualifier` is the version or the alias that is meant, None for the newest definition. `arn`
    is without it."""

    name: str
    arn: str
    type: MachineType
    created_at: datetime
    qualifier: str | None = field(default=None, kw_only=True)

    @property
    def reference(self) -> str:
        return f"{self.name}:{self.qualifier}" if self.qualifier else self.name

    @property
    def qualified_arn(self) -> str:
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn


@dataclass(frozen=True, slots=True)
class DescribedStateMachine(StateMachine):
    """A state machine with its definition, as JSON text. Only a version has a description."""

    definition: str
    revision_id: str | None = None
    answered_at: datetime | None = None  # AWS's time
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """A state machine to deploy; `definition` is JSON text. AWS gives a deployed one a new revision
    id at each change, and the first none. `logging` and `encryption` are None where a deployed one
    has none (AWS's own key), and where those of one to deploy are to stay as they are."""

    name: str
    type: MachineType
    definition: str
    role_arn: str
    revision_id: str | None = field(default=None, compare=False)
    logging: ExecutionLogging | None = field(default=None, kw_only=True)
    encryption: MachineEncryption | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class StartedExecution:
    """A replay has the first start's date. `asked_at`, `answered_at` are our monotonic clock's;
    `trace` is what AWS was told that it is a part of."""

    arn: str
    started_at: datetime
    asked_at: float
    answered_at: float
    trace: TraceContext | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """`input` and `output` are JSON texts, None where AWS left them out. `version` and `alias` are
    what it was started by, `trace` what its start was a part of."""

    id: ExecutionId
    arn: str
    status: ExecutionStatus
    started_at: datetime
    stopped_at: datetime | None = None
    input: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    redrive_count: int = 0
    version: str | None = None
    alias: str | None = None
    trace: TraceContext | None = None


@dataclass(frozen=True, slots=True)
class MapRun:
    """How many of a Map Run's items are where; `ended` is whether AWS says that it has."""

    ended: bool
    counts: Mapping[str, int]

    @property
    def unfinished(self) -> bool:
        return not self.ended or self.count("running") > 0

    def count(self, *kinds: str) -> int:
        """Of these of AWS's kinds together: total, pending, running, succeeded, failed …"""
        return sum(self.counts.get(kind, 0) for kind in kinds)


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The outcome of one synchronous Express execution; FAILED and TIMED_OUT are outcomes too.
    `trace` is what AWS was told that it is a part of."""

    arn: str
    name: str
    status: ExecutionStatus
    started_at: datetime
    stopped_at: datetime
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    billed_ms: int | None = None
    billed_mb: int | None = None
    trace: TraceContext | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    name: str
    arn: str


@dataclass(frozen=True, slots=True)
class ActivityTask:
    """A task as a worker's poll receives it. The token is a secret; `input` is JSON text."""

    token: str = field(repr=False)
    input: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page(Generic[PageItem]):
    """`next_token` is None on the last page. `answered_at` is AWS's time, to the second."""

    items: tuple[PageItem, ...]
    next_token: str | None = None
    answered_at: datetime | None = None


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970, rounded: AWS's floats carry noise in the microseconds."""
    return (at - _EPOCH + _HALF_A_MS) // _MS


def from_ms(ms: int) -> datetime:
    return _EPOCH + ms * _MS


def rfc3339(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, rounded as `to_ms` does: `2026-11-22T07:40:49.620Z`."""
    rounded = at.astimezone(UTC) + _HALF_A_MS
    return rounded.isoformat(timespec="milliseconds").replace("+00:00", "Z")
