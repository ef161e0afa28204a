"""The shapes of the documents that clients see: what `documents` builds and the API describes."""

from typing import Annotated, NotRequired

from pydantic import Field, GetPydanticSchema, WithJsonSchema

from handrail.core.models import ExecutionStatus, Json, MachineType, StateStatus
from handrail.core.typed_dict import TypedDict

from .paths import Links
from .progress_shapes import Progress, ProgressDocument
from .question_documents import QuestionDocument
from .trace_shapes import TracedDocument

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""As `rfc3339` writes it."""

Now = Annotated[Time, Field(description="The service's clock, to count ages by.")]

# Texts and not the enums themselves: those take seven times as long to encode.
StatusText = Annotated[str, GetPydanticSchema(lambda _, handler: handler(ExecutionStatus))]
StateStatusText = Annotated[str, GetPydanticSchema(lambda _, handler: handler(StateStatus))]
MachineTypeText = Annotated[str, GetPydanticSchema(lambda _, handler: handler(MachineType))]

ExecutionLinks = Annotated[
    Links,
    Field(
        description="Paths from the service's root; but `ws` a `wss://` URL where an API Gateway "
        "has the sockets (add `after` and `level`), and `console` and `trace` AWS's consoles."
    ),
]
Payload = Annotated[
    Json,
    Field(
        description="As AWS has it, number for number (half a surrogate pair: U+FFFD), else text."
    ),
]
Truncated = Annotated[bool, Field(description="Whether AWS cut it short: it is shown as text.")]
ReplayOf = Annotated[
    str | None,
    Field(
        description="The execution that this one replays, where that is known: a replay that was "
        "given no name tells by the one it got, any other in the answer to its start alone."
    ),
]
Promise = Annotated[
    float | None,
    Field(
        description="Within how many seconds a change is promised to be seen now by who watches; "
        "null where nothing is promised."
    ),
]
Version = Annotated[
    str | None,
    Field(
        description="The number of the version that runs, where it was started by one or by an"
        " alias; else null, as before the first event is read."
    ),
]
AliasName = Annotated[
    str | None, Field(description="The alias that it was started by, else null as `version`.")
]


class StateErrorDocument(TypedDict):
    error: str | None
    cause: str | None


class ItemsDocument(TypedDict):
    """What isn't known is null: a distributed Map's items run in executions of their own, counted
    when its Map Run has ended, or where `items` lists them."""

    total: int | None
    running: int | None
    succeeded: int | None
    failed: int | None
    aborted: int | None


class EntriesDocument(TypedDict):
    """A state's entries from one other (null: those that what is around it began with), by a Catch
    or not. Where a redrive enters a state again, `entered` alone counts that."""

    state: str | None
    caught: bool
    count: int


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
    entered_from: list[EntriesDocument]
    items: Annotated[
        ItemsDocument | None, Field(description="A Map's items over all its visits, else null.")
    ]


class TaskDocument(QuestionDocument):
    """A task that waits for a callback or an activity worker."""

    event_id: int
    state: str
    resource: str
    scheduled_at: Time
    timeout_at: Time | None
    heartbeat_seconds: int | None
    parameters: Annotated[
        Json,
        Field(description="What a callback's task was given, or an activity; redacted."),
    ]
    parameters_omitted: Annotated[
        bool,
        Field(
            description="They are too large, so null here. `/tasks` shows up to 8,192 characters a "
            "task, snapshots and messages 32,768 of all; the event `event_id` has them whole."
        ),
    ]
    question_omitted: Annotated[
        bool, Field(description="There was no room for the question here: `/tasks` shows it.")
    ]
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
    replay_of: ReplayOf
    version: Version
    alias: AliasName
    links: ExecutionLinks


class CountsDocument(TypedDict):
    """How many executions there are of each status that was asked for."""

    total: int
    by_status: dict[StatusText, int]
    at_least: Annotated[bool, Field(description="There may be more: not all of them were read.")]


class ListedMachineDocument(TypedDict):
    """One state machine's part of a list."""

    state_machine: str
    as_of: Annotated[Time, Field(description="When AWS was asked for it.")]
    counts: Annotated[
        CountsDocument | None, Field(description="Null on every page but a list's first.")
    ]


class UnlistedDocument(TypedDict):
    """A state machine whose executions aren't in the list, and why."""

    state_machine: str
    code: str
    detail: str
    retryable: bool


class ListDocument(TypedDict):
    """Executions, newest first, of one state machine or of many. `as_of` and `counts` are the
    oldest and the sum of those in `state_machines`. What could not be listed is in `unlisted`."""

    executions: list[ListedDocument]
    as_of: Time
    counts: CountsDocument | None
    state_machines: list[ListedMachineDocument]
    unlisted: list[UnlistedDocument]


class ListChangesDocument(ListDocument):
    """What changed in a list: `executions` are those that are new in it or changed, whole; the rest
    is all there is to say."""

    removed: Annotated[
        list[str],
        Field(
            description="Ids of those that are in the list no more: another status was asked for, "
            "or newer ones took their place."
        ),
    ]


class ContentDocument(TypedDict):
    """What a snapshot shows besides what a list does."""

    input: Payload
    output: Payload
    input_truncated: Truncated
    output_truncated: Truncated
    error: str | None
    cause: str | None
    stale_after_s: Promise
    progress: Progress
    states: list[StateDocument]
    tasks: list[TaskDocument]


class SnapshotDocument(ListedDocument, ContentDocument, TracedDocument):
    """The snapshot: everything known at `cursor`."""

    cursor: str


class CredentialDocument(TypedDict):
    """A token that opens no more than it names, for one browser."""

    token: str
    expires_at: Time


class StartedDocument(ListedDocument, ContentDocument, TracedDocument):
    """The snapshot as the start leaves it. Of an Express execution AWS tells no more than that it
    started, so it has no links and no cursor: nothing of it can be asked for."""

    cursor: str | None
    replayed: NotRequired[bool]
    credential: NotRequired[CredentialDocument]


class SteeredDocument(IdentityDocument, ContentDocument, TracedDocument):
    """The snapshot as the change leaves it. `cursor` lies behind the change: what carries it is
    never answered with less. Where nothing of the execution could be read in time, only what the
    change itself tells is there, and `started_at`, `redrive_count` and `cursor` may be null."""

    status: StatusText
    started_at: Time | None
    stopped_at: Time | None
    redrive_count: int | None
    replay_of: ReplayOf
    version: Version
    alias: AliasName
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
    version: Version
    alias: AliasName


class ChangesDocument(FieldsDocument, total=False):
    """The execution's fields that changed."""

    stale_after_s: Promise
    progress: ProgressDocument


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
