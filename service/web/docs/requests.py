"""Requests as pydantic models: what is validated, and what OpenAPI shows of them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.core.access.signed_links import MAX_TTL_S
from service.core.models import ExecutionStatus

LONGEST_WAIT_S = 25
LARGEST_PAGE = 1000
SEEN = "A cursor the caller has seen: what is older is neither answered nor gone by."
SAME_KEY = (
    "The same key and input start one execution only. A `name` in the body is the key then, and"
    " this one isn't looked at."
)

NO_LONGER = "Seconds; a link never outlives the task's own timeout."
RESULT = "The task's result, which must be there, null included; at most 262,144 bytes as JSON."
Wait = Annotated[float, Field(ge=0, le=LONGEST_WAIT_S)]
CursorText = Annotated[str, Field(max_length=128)]
Action = Literal["success", "failure"]


class Query(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)  # some serve the documents alone


class Body(Query):
    """A request's body. An unknown key is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


class StartRequest(Body):
    """`input` is any JSON value, `{}` where it is left out."""

    input: Any = Field(default_factory=dict, description="At most 262,144 UTF-8 bytes as JSON.")
    name: str | None = Field(None, description="1-80 of 0-9 A-Z a-z - _. Made up if left out.")


class TriggerRequest(Query):
    """Any JSON object: the execution's input."""

    model_config = ConfigDict(extra="allow")


class FailureRequest(Body):
    error: str | None = Field(None, description="The error's name; at most 256 characters.")
    cause: str | None = Field(None, description="At most 32,768 characters.")


class StopRequest(FailureRequest):
    """What the execution shows it ended with."""


class SuccessRequest(Body):
    output: Any = Field(description=RESULT)


class TokenRequest(Body):
    token: str = Field(repr=False, description="The raw task token; at most 2,048 characters.")


class TokenSuccessRequest(TokenRequest, SuccessRequest):
    """By raw token."""


class TokenFailureRequest(TokenRequest, FailureRequest):
    """By raw token."""


class LinkRequest(Body):
    actions: list[Action] = Field(
        default=["success", "failure"], min_length=1, description="What the link's holder may do."
    )
    expires_in: int | None = Field(None, ge=1, le=MAX_TTL_S, description=NO_LONGER)


class CallbackRequest(FailureRequest):
    """The body of success, which has an `output` (null is one too), or of failure. Which one,
    `action` says; without it an `output` means success, an `error` or a `cause` failure. What says
    neither settles nothing."""

    action: Action | None = None
    output: Any = Field(None, description="The task's result; at most 262,144 bytes as JSON.")


class WebhookRequest(CallbackRequest):
    """`execution` and `event_id` say again what the path says, and are signed with the body."""

    execution: str | None = None
    event_id: int | None = None


class StartHeaders(Query):
    idempotency_key: str | None = Field(None, description=SAME_KEY)


class StreamHeaders(Query):
    last_event_id: str | None = None


class StartQuery(Query):
    wait: Wait = Field(0, description="Hold the answer so many seconds at most.")


class CallbackQuery(Query):
    action: Action | None = None


class SeenQuery(Query):
    after: CursorText | None = Field(None, description=SEEN)


class ListQuery(Query):
    state_machine: str = Field(min_length=1, description="The state machine's name.")
    status: ExecutionStatus | None = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    page: str | None = Field(
        None, min_length=1, max_length=4096, description="`next_page` of the last answer."
    )


class EventsQuery(Query):
    after: CursorText | None = Field(None, description="A cursor; from the first if not.")
    wait: Wait = Field(0, description="Seconds to wait for an event.")
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)


class StreamQuery(Query):
    after: CursorText | None = None
    level: Literal["status", "states", "events"] = "states"
