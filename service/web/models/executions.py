"""Executions: what a start, a list and a stop ask, and the snapshot they answer."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from service.core.models import ExecutionStatus, StateStatus

from .base import LARGEST_PAGE, LONGEST_WAIT_S, Body, Model
from .tasks import TaskModel


class StartRequest(Body):
    """`input` is any JSON value, `{}` where it is left out."""

    input: Any = Field(default_factory=dict, description="At most 262,144 UTF-8 bytes as JSON.")
    name: str | None = Field(None, description="1-80 of 0-9 A-Z a-z - _. Made up if left out.")


class TriggerRequest(Model):
    """Any JSON object: the execution's input."""

    model_config = ConfigDict(frozen=True, extra="allow")


class StopRequest(Body):
    error: str | None = Field(None, description="At most 256 characters.")
    cause: str | None = Field(None, description="At most 32,768 characters.")


class StartQuery(Model):
    wait: float = Field(
        0, ge=0, le=LONGEST_WAIT_S, description="Hold the answer so many seconds at most."
    )


class StartHeaders(Model):
    idempotency_key: str | None = Field(
        None,
        description="The same key and input start one execution only. A `name` in the body is "
        "the key then, and this one isn't looked at.",
    )


class ShowQuery(Model):
    after: str | None = Field(
        None,
        max_length=128,
        description="A cursor the caller has seen: what is older isn't answered.",
    )


class ListQuery(Model):
    state_machine: str = Field(min_length=1, description="The state machine's name.")
    status: ExecutionStatus | None = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    page: str | None = Field(
        None, min_length=1, max_length=4096, description="`next_page` of the last answer."
    )


class StateErrorModel(Model):
    error: str | None
    cause: str | None


class ItemsModel(Model):
    """A distributed Map's items run in executions of their own: only its total is known here."""

    total: int
    running: int
    succeeded: int
    failed: int
    aborted: int


class StateModel(Model):
    """All visits to one state, summed up."""

    state: str
    type: str
    status: StateStatus
    entered: int
    running: int
    succeeded: int
    failed: int
    caught: int
    aborted: int
    retries: int
    first_entered_at: datetime
    last_changed_at: datetime
    last_error: StateErrorModel | None
    items: ItemsModel | None = Field(description="A Map's items over all its visits, else null.")


class ListedExecution(Model):
    execution: str
    state_machine: str
    name: str
    status: ExecutionStatus
    started_at: datetime
    stopped_at: datetime | None
    redrive_count: int
    links: dict[str, str] = Field(
        description="Paths from the service's root. `ws` is a `wss://` URL where sockets live "
        "elsewhere, on an API Gateway; add `after` and `level` to its query."
    )


class ExecutionModel(ListedExecution):
    """The snapshot: everything known at `cursor`."""

    input: Any
    output: Any
    error: str | None
    cause: str | None
    cursor: str
    stale_after_s: float | None = Field(
        description="Within how many seconds a change is promised to be seen now by who watches; "
        "null where nothing is promised."
    )
    states: list[StateModel]
    tasks: list[TaskModel]


class StartedModel(ExecutionModel):
    replayed: bool = False


class SteeredModel(ExecutionModel):
    """The snapshot as the change leaves it. `cursor` lies behind the change: what carries it is
    never answered with less. Where nothing of the execution could be read in time, only what the
    change itself tells is there, and `started_at`, `redrive_count` and `cursor` may be null."""

    started_at: datetime | None  # type: ignore[assignment]  # wider than a snapshot's
    redrive_count: int | None  # type: ignore[assignment]
    cursor: str | None  # type: ignore[assignment]


class Triggered(Model):
    message: str
    execution: str | None = Field(description="Null where a Lambda function starts it.")


class SyncModel(Model):
    execution: str
    state_machine: str
    name: str
    status: ExecutionStatus
    started_at: datetime
    stopped_at: datetime
    output: Any
    error: str | None
    cause: str | None
    billed_duration_ms: int | None
    billed_memory_mb: int | None


class ExecutionList(Model):
    executions: list[ListedExecution]
    next_page: str | None
