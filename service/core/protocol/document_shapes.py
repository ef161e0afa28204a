"""The shapes of the documents that clients see: what `documents` builds and the API describes."""

from typing import Annotated, NotRequired

from pydantic import Field, GetPydanticSchema, WithJsonSchema

from service.core.models import ExecutionStatus, Json, MachineType, StateStatus
from service.core.typed_dict import TypedDict

from .paths import Links

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""As `rfc3339` writes it."""

# Texts and not the enums themselves: those take seven times as long to encode.
StatusText = Annotated[str, GetPydanticSchema(lambda _, handler: handler(ExecutionStatus))]
StateStatusText = Annotated[str, GetPydanticSchema(lambda _, handler: handler(StateStatus))]
MachineTypeText = Annotated[str, GetPydanticSchema(lambda _, handler: handler(MachineType))]

ExecutionLinks = Annotated[
    Links,
    Field(
        description="Paths from the service's root. `ws` is a `wss://` URL where sockets live "
        "elsewhere, on an API Gateway; add `after` and `level` to its query."
    ),
]
Payload = Annotated[
    Json,
    Field(
        description="As AWS has it, number for number; half a surrogate pair in it as U+FFFD. Text "
        "where it is no whole JSON."
    ),
]
Truncated = Annotated[
    bool, Field(description="Whether AWS cut the payload short, which is then shown as text.")
]
Promise = Annotated[
    float | None,
    Field(
        description="Within how many seconds a change is promised to be seen now by who watches; "
        "null where nothing is promised."
    ),
]


class StateErrorDocument(TypedDict):
    error: str | None
    cause: str | None


class ItemsDocument(TypedDict):
    """A distributed Map's items run in executions of their own: only its total is known here."""

    total: int
    running: int
    succeeded: int
    failed: int
    aborted: int


class StateDocument(TypedDict):
    """All visits to one state, summed up."""

    state: str
    type: str
    status: StateStatusText
    entered: int
    running: int
    succeeded: int
    failed: int
    caught: int
    aborted: int
    retries: int
    first_entered_at: Time
    last_changed_at: Time
    last_error: StateErrorDocument | None
    items: Annotated[
        ItemsDocument | None, Field(description="A Map's items over all its visits, else null.")
    ]


class TaskDocument(TypedDict):
    """A task that waits for a callback or an activity worker."""

    event_id: int
    state: str
    resource: str
    scheduled_at: Time
    timeout_at: Time | None
    heartbeat_seconds: int | None
    links: Links


class IdentityDocument(TypedDict):
    execution: str
    state_machine: str
    name: str


class ListedDocument(IdentityDocument):
    status: StatusText
    started_at: Time
    stopped_at: Time | None
    redrive_count: int
    links: ExecutionLinks


class ContentDocument(TypedDict):
    """What a snapshot shows besides what a list does."""

    input: Payload
    output: Payload
    input_truncated: Truncated
    output_truncated: Truncated
    error: str | None
    cause: str | None
    stale_after_s: Promise
    states: list[StateDocument]
    tasks: list[TaskDocument]


class SnapshotDocument(ListedDocument, ContentDocument):
    """The snapshot: everything known at `cursor`."""

    cursor: str


class CredentialDocument(TypedDict):
    """A token that opens no more than it names, for one browser."""

    token: str
    expires_at: Time


class StartedDocument(SnapshotDocument):
    replayed: NotRequired[bool]
    credential: NotRequired[CredentialDocument]


class SteeredDocument(IdentityDocument, ContentDocument):
    """The snapshot as the change leaves it. `cursor` lies behind the change: what carries it is
    never answered with less. Where nothing of the execution could be read in time, only what the
    change itself tells is there, and `started_at`, `redrive_count` and `cursor` may be null."""

    status: StatusText
    started_at: Time | None
    stopped_at: Time | None
    redrive_count: int | None
    links: ExecutionLinks
    cursor: str | None


class FieldsDocument(TypedDict, total=False):
    """What an execution's history tells of it."""

    status: StatusText
    started_at: Time
    stopped_at: Time | None
    input: Payload
    output: Payload
    input_truncated: Truncated
    output_truncated: Truncated
    error: str | None
    cause: str | None
    redrive_count: int


class ChangesDocument(FieldsDocument, total=False):
    """The execution's fields that changed."""

    stale_after_s: Promise


class SyncDocument(IdentityDocument):
    status: StatusText
    started_at: Time
    stopped_at: Time
    output: Payload
    error: str | None
    cause: str | None
    billed_duration_ms: int | None
    billed_memory_mb: int | None


class MachineDocument(TypedDict):
    name: str
    type: MachineTypeText
    description: str | None
    created_at: Time
    links: Links
