"""What every request and answer is made of, and the answers any route may give."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_WAIT_S = 25
LARGEST_PAGE = 1000


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)  # many serve the documents alone


class Body(Model):
    """A request's body. An unknown key is a mistake worth telling."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
    events: str | None = Field(
        None, description="Where nothing is streamed: the long-poll to ask instead."
    )
    ws: str | None = Field(
        None, description="Where sockets are served elsewhere: the WebSocket's address."
    )


class Health(Model):
    """`degraded` is ready all the same: some operations of AWS fail, others are answered."""

    status: Literal["ok", "degraded", "draining", "unreachable"]
    open_operations: list[str] | None = Field(
        None, description="Operations of AWS that fail and aren't asked for the moment."
    )
