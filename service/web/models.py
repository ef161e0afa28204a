"""Requests and answers as pydantic models: what is validated, and what OpenAPI shows."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.core.links import MAX_TTL_S
from service.core.models import ExecutionStatus, MachineType, StateStatus

LONGEST_WAIT_S = 25
LARGEST_PAGE = 1000


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)  # many serve the documents alone


class Body(Model):
    """A request's body. An unknown key is a mistake worth telling."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


class SuccessRequest(Body):
    output: Any = Field(None, description="The task's result; at most 262,144 bytes as JSON.")


class FailureRequest(Body):
    error: str | None = Field(None, description="The error's name; at most 256 characters.")
    cause: str | None = Field(None, description="At most 32,768 characters.")


class TokenRequest(Body):
    token: str = Field(repr=False, description="The raw task token; at most 2,048 characters.")


class TokenSuccessRequest(TokenRequest, SuccessRequest):
    """By raw token."""


class TokenFailureRequest(TokenRequest, FailureRequest):
    """By raw token."""


class StartQuery(Model):
    wait: float = Field(
        0, ge=0, le=LONGEST_WAIT_S, description="Hold the answer so many seconds at most."
    )


class StartHeaders(Model):
    idempotency_key: str | None = Field(
        None, description="The same key and input start one execution only."
    )


class ListQuery(Model):
    state_machine: str = Field("", description="The state machine's name; required.")
    status: ExecutionStatus | None = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    page: str | None = Field(None, max_length=4096, description="`next_page` of the last answer.")


class EventsQuery(Model):
    after: str | None = Field(None, max_length=128, description="A cursor; from the first if not.")
    wait: float = Field(0, ge=0, le=LONGEST_WAIT_S, description="Seconds to wait for an event.")
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)


class StreamQuery(Model):
    after: str | None = Field(None, max_length=128)
    level: Literal["status", "states", "events"] = "states"


class FieldProblem(Model):
    path: str
    message: str


class Problem(Model):
    """RFC 9457. Clients switch on `code`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    request_id: str
    errors: list[FieldProblem] | None = None
    outcome: Literal["success", "failure", "timed_out", "stopped"] | None = Field(
        None, description="How the task ended that takes no other answer, and `at` when."
    )
    at: datetime | None = None


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


class TaskModel(Model):
    """A task that waits for a callback or an activity worker."""

    event_id: int
    state: str
    resource: str
    scheduled_at: datetime
    timeout_at: datetime | None
    heartbeat_seconds: int | None
    links: dict[str, str]


class ListedExecution(Model):
    execution: str
    state_machine: str
    name: str
    status: ExecutionStatus
    started_at: datetime
    stopped_at: datetime | None
    redrive_count: int
    links: dict[str, str]


class ExecutionModel(ListedExecution):
    """The snapshot: everything known at `cursor`."""

    input: Any
    output: Any
    error: str | None
    cause: str | None
    cursor: str
    states: list[StateModel]
    tasks: list[TaskModel]


class StartedModel(ExecutionModel):
    replayed: bool = False


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


class EventModel(Model):
    """As GetExecutionHistory shows it with snake_case keys, secrets redacted; one
    `…_event_details` object stands beside these."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: int
    type: str
    timestamp: datetime
    previous_event_id: int


class EventList(Model):
    events: list[EventModel]
    cursor: str
    complete: Annotated[bool, Field(description="The execution ended and this is all of it.")]


class SettledModel(Model):
    """`replayed` where the task had this very outcome before."""

    execution: str
    event_id: int
    state: str
    outcome: Literal["success", "failure"]
    settled_at: datetime
    replayed: bool


class HeartbeatModel(Model):
    execution: str
    event_id: int


class TokenSettledModel(Model):
    outcome: Literal["success", "failure", "heartbeat"]


class TaskList(Model):
    tasks: list[TaskModel]


class MachineModel(Model):
    name: str
    type: MachineType
    description: str | None
    created_at: datetime
    links: dict[str, str]


class MachineList(Model):
    state_machines: list[MachineModel]


class MachineDetail(MachineModel):
    definition: dict[str, Any]
    graph: dict[str, Any]
    input_schema: dict[str, Any] | None
    lint: list[dict[str, Any]]
    cost: dict[str, Any]


class Health(Model):
    """`degraded` is ready all the same: some operations of AWS fail, others are answered."""

    status: Literal["ok", "degraded", "draining", "unreachable"]
    open_operations: list[str] | None = Field(
        None, description="Operations of AWS that fail and aren't asked for the moment."
    )


class LinkRequest(Body):
    actions: list[Literal["success", "failure"]] = Field(
        default=["success", "failure"], min_length=1, description="What the link's holder may do."
    )
    expires_in: int | None = Field(
        None,
        ge=1,
        le=MAX_TTL_S,
        description="Seconds; a link never outlives the task's own timeout.",
    )


class LinkModel(Model):
    """`url` is a credential: whoever has it can settle the task until it expires."""

    url: str
    expires_at: datetime
    actions: list[Literal["success", "failure"]]


class CallbackQuery(Model):
    action: Literal["success", "failure"] | None = None


class CallbackRequest(Body):
    """The body of success or of failure. Which one, `action` says; without it an `error` or a
    `cause` means failure and anything else success."""

    action: Literal["success", "failure"] | None = None
    output: Any = Field(None, description="The task's result; at most 262,144 bytes as JSON.")
    error: str | None = Field(None, description="The error's name; at most 256 characters.")
    cause: str | None = Field(None, description="At most 32,768 characters.")


class WebhookRequest(CallbackRequest):
    """`execution` and `event_id` say again what the path says, and are signed with the body."""

    execution: str | None = None
    event_id: int | None = None


class CallbackModel(Model):
    """Where a signed link leads, as it is now."""

    execution: str
    state_machine: str
    execution_status: ExecutionStatus
    event_id: int
    state: str
    comment: str | None = Field(description="The state's Comment in the definition.")
    status: Literal["pending", "settled", "timed_out", "stopped"]
    outcome: Literal["success", "failure"] | None
    settled_at: datetime | None
    scheduled_at: datetime | None
    timeout_at: datetime | None
    actions: list[Literal["success", "failure"]]
    expires_at: datetime
    output_schema: dict[str, Any] | bool | None
    links: dict[str, str]


class TicketModel(Model):
    """For one WebSocket handshake, as `?ticket=`."""

    ticket: str = Field(repr=False)
    expires_at: datetime
