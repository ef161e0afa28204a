"""Requests as pydantic models: what is validated, and what OpenAPI shows of them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from handrail.core.access.narrowing import MAX_LIFETIME_S, MOST_NAMED, Narrowing
from handrail.core.access.signed_links import MAX_MEANT_FOR, MAX_TTL_S
from handrail.core.json_bodies import MAX_DEPTH
from handrail.core.json_text import LONGEST_INTEGER
from handrail.core.limits import MAX_PAYLOAD_BYTES
from handrail.core.list_position import LONGEST_TOKEN
from handrail.core.models import CURSOR as CURSOR_TEXT
from handrail.core.models import ExecutionStatus

LONGEST_WAIT_S = 25
LARGEST_PAGE = 1000
MOST_MACHINES = 100
SEEN = "A cursor the caller has seen: what is older is neither answered nor gone by."
SAME_KEY = (
    "The same key and input start one execution only. A `name` in the body is the key then, and"
    " this one isn't looked at."
)

NO_LONGER = "Seconds; a link never outlives the task's own timeout."
FOR = (
    "Whom the link is for, as its page and the log will say, and the output where machine.json asks"
    " for it (`answered_by`). It is signed; who opens the link isn't checked."
)
PASSED_ON = (
    f"At most {MAX_PAYLOAD_BYTES:,} bytes of UTF-8, {MAX_DEPTH} levels, and {LONGEST_INTEGER:,}"
    " digits in a whole number; passed on as written, number for number."
)
RESULT = f"The task's result, which must be there, null included. {PASSED_ON}"
PATTERNS = "Names of state machines, or patterns over them: `order-*`, `?`, `[ab]`."
SCOPES = "`read`, `start`, `operate`, `complete`; or one for some state machines: `read:order-*`."
NEVER_LONGER = "Seconds; never longer than its maker's own credential."
CASE = (
    "A test case of the state machine: its tasks are answered by mocks or stand-ins. For the"
    " embedded engine alone (`handrail dev --mocks`); elsewhere, and where it isn't known, a 422."
)
CREDENTIAL = "Add a token that reads this one execution, for the browser that watches it."
Name = Annotated[str, Field(min_length=1, max_length=2048)]
Names = Annotated[list[Name], Field(max_length=MOST_NAMED)]
Lifetime = Annotated[float, Field(gt=0, le=MAX_LIFETIME_S, strict=True)]
LISTED = (
    "A state machine, a version (`order:3`) or an alias (`order:live`) of it, or an ARN; may be"
    " given several times. Without it the list is of all that the caller may read, 100 at most."
)
MachineName = Annotated[str, Field(min_length=1, max_length=2048)]
NAME = (
    "1 to 80 characters, none of them white space, a control character or one of"
    ' `< > { } [ ] ? * " # % \\ ^ | ~ $ & , ; : /` and the backtick.'
)
Wait = Annotated[float, Field(ge=0, le=LONGEST_WAIT_S)]
CURSOR: dict[str, JsonValue] = {"pattern": f"^({CURSOR_TEXT})?$"}
CursorText = Annotated[str, Field(max_length=128, json_schema_extra=CURSOR)]
NAME_SIZE: dict[str, JsonValue] = {"minLength": 1, "maxLength": 80}
ERROR: dict[str, JsonValue] = {"maxLength": 256}
CAUSE: dict[str, JsonValue] = {"maxLength": 32_768}
TOKEN: dict[str, JsonValue] = {"minLength": 1, "maxLength": 2048}
"""What the use-cases hold them to, with codes of their own."""
Action = Literal["success", "failure"]


class Query(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)  # some serve the documents alone


class Body(Query):
    """A request's body. An unknown key is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


class StartRequest(Body):
    """`input` is any JSON value, `{}` where it is left out."""

    input: Any = Field(default_factory=dict, description=PASSED_ON)
    name: str | None = Field(
        None, description=f"{NAME} Made up if left out.", json_schema_extra=NAME_SIZE
    )
    case: str | None = Field(None, description=CASE, min_length=1)


class ReplayRequest(Body):
    """Without `input` the old one is used again, as AWS has it."""

    input: Any = Field(None, description=f"Where it is left out, the old one. {PASSED_ON}")
    name: str | None = Field(
        None,
        description=f"{NAME} Made up of the old one's if left out.",
        json_schema_extra=NAME_SIZE,
    )


class TriggerRequest(Query):
    """Any JSON object: the execution's input, passed on as written."""

    model_config = ConfigDict(extra="allow")


class FailureRequest(Body):
    error: str | None = Field(None, description="The error's name.", json_schema_extra=ERROR)
    cause: str | None = Field(None, json_schema_extra=CAUSE)


class StopRequest(FailureRequest):
    """What the execution shows it ended with."""


class SuccessRequest(Body):
    output: Any = Field(description=RESULT)


class AwsEventRequest(Query):
    """An event of EventBridge's as it comes, whole; what nothing is done with is passed over."""

    id: str = Field(pattern=r"^[0-9A-Za-z-]{1,64}$", description="The same when it is repeated.")
    source: str = Field(max_length=256)
    detail_type: str = Field(alias="detail-type", max_length=256)
    detail: dict[str, Any] = Field(repr=False)


class TokenRequest(Body):
    token: str = Field(repr=False, description="The raw task token.", json_schema_extra=TOKEN)


class TokenSuccessRequest(TokenRequest, SuccessRequest):
    """By raw token."""


class TokenFailureRequest(TokenRequest, FailureRequest):
    """By raw token."""


class LinkRequest(Body):
    actions: list[Action] = Field(
        default=["success", "failure"], min_length=1, description="What the link's holder may do."
    )
    expires_in: int | None = Field(None, ge=1, le=MAX_TTL_S, description=NO_LONGER)
    meant_for: str | None = Field(
        None,
        alias="for",
        min_length=1,
        max_length=MAX_MEANT_FOR,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description=FOR,
        examples=["ada@example.com"],
    )


class CallbackRequest(FailureRequest):
    """The body of success, which has an `output` (null is one too), or of failure. Which one,
    `action` says; without it an `output` means success, an `error` or a `cause` failure. What says
    neither settles nothing."""

    action: Action | None = None
    output: Any = Field(None, description=f"The task's result. {PASSED_ON}")


class WebhookRequest(CallbackRequest):
    """`execution` and `event_id` say again what the path says, and are signed with the body."""

    execution: str | None = None
    event_id: int | None = None


class NarrowingRequest(Body):
    """What a credential opens, of what its maker may: the executions that are named, and those of
    the state machines that are."""

    executions: Names = Field(default_factory=list, description="Their ids, or ARNs.")
    machines: Names = Field(default_factory=list, description=PATTERNS)
    scopes: Names = Field(default_factory=list, description=SCOPES)
    expires_in: Lifetime = Field(default_factory=lambda: MAX_LIFETIME_S, description=NEVER_LONGER)


class TicketRequest(NarrowingRequest):
    """Without `executions` and `machines` it opens all that its maker may, without `scopes` by all
    of its maker's. It must be used within 30 seconds; `expires_in` says how long what it opened may
    stay open."""

    def narrowing(self) -> Narrowing:
        said = {name: getattr(self, name) for name in self.model_fields_set}
        return Narrowing(
            executions=said.get("executions"),
            machines=said.get("machines"),
            scopes=said.get("scopes"),
            expires_in_s=said.get("expires_in"),
        )


class NarrowedTokenRequest(NarrowingRequest):
    """One of `executions` and `machines` must name something; the other, left out, names
    nothing."""

    scopes: Names = Field(min_length=1, description=SCOPES)
    expires_in: Lifetime = Field(description=NEVER_LONGER)

    def narrowing(self) -> Narrowing:
        return Narrowing(
            executions=self.executions,
            machines=self.machines,
            scopes=self.scopes,
            expires_in_s=self.expires_in,
        )


class StartHeaders(Query):
    idempotency_key: str | None = Field(None, description=SAME_KEY)


class StreamHeaders(Query):
    last_event_id: str | None = None


class StartQuery(Query):
    wait: Wait = Field(0, description="Hold the answer so many seconds at most.")
    credential: bool = Field(False, description=CREDENTIAL)


class MachineQuery(Query):
    definition_text: bool = Field(False, description="Add the definition's text.")


class CallbackQuery(Query):
    action: Action | None = None


class SeenQuery(Query):
    after: CursorText | None = Field(None, description=SEEN)


class ListQuery(Query):
    state_machine: list[MachineName] = Field(
        default=[], max_length=MOST_MACHINES, description=LISTED
    )
    status: ExecutionStatus | None = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    page: str | None = Field(
        None, min_length=1, max_length=LONGEST_TOKEN, description="`next_page` of the last answer."
    )


class WaitingQuery(Query):
    state_machine: list[MachineName] = Field(
        default=[],
        max_length=MOST_MACHINES,
        description="A state machine; may be given several times. Without it all that may be read.",
    )
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)
    wait: Wait = Field(2, description="Search for so many seconds at most; 0: tell what is known.")


class NewsQuery(Query):
    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="Of each of both lists.")
    page: str | None = Field(
        None, min_length=1, max_length=8192, description="`next_page` of the last answer."
    )


class VisitsQuery(Query):
    state: str = Field(min_length=1, max_length=256, description="The state's name.")
    page: str | None = Field(
        None, min_length=1, max_length=8192, description="`next_page` of the last answer."
    )
    after: CursorText | None = Field(None, description=SEEN)


class ItemsQuery(VisitsQuery):
    status: ExecutionStatus | None = None


class TimelineQuery(Query):
    since: CursorText | None = Field(
        None, description="A cursor: only visits that began or changed behind it."
    )
    page: str | None = Field(
        None, min_length=1, max_length=8192, description="`next_page` of the last answer."
    )
    after: CursorText | None = Field(None, description=SEEN)


class TraceQuery(Query):
    after: CursorText | None = Field(None, description=SEEN)


class EventsQuery(Query):
    after: CursorText | None = Field(None, description="A cursor; from the first if not.")
    wait: Wait = Field(0, description="Seconds to wait for an event.")
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)


class StreamQuery(Query):
    ticket: str | None = Field(None, repr=False, description="From POST /v1/ws-tickets; once.")
    token: str | None = Field(None, repr=False, description="From POST /v1/tokens.")
    after: CursorText | None = None
    level: Literal["status", "states", "events"] = "states"
