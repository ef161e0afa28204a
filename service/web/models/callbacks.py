"""Signed links and webhooks: what they ask and show."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from service.core.links import MAX_TTL_S
from service.core.models import ExecutionStatus

from .base import Body, Model


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
    """The body of success, which has an `output` (null is one too), or of failure. Which one,
    `action` says; without it an `output` means success, an `error` or a `cause` failure. What says
    neither settles nothing."""

    action: Literal["success", "failure"] | None = None
    output: Any = Field(None, description="The task's result; at most 262,144 bytes as JSON.")
    error: str | None = Field(None, description="The error's name; at most 256 characters.")
    cause: str | None = Field(None, description="At most 32,768 characters.")


class WebhookRequest(CallbackRequest):
    """`execution` and `event_id` say again what the path says, and are signed with the body."""

    execution: str | None = None
    event_id: int | None = None


class FactModel(Model):
    """One value of the task's own parameters, which the state machine's author wants shown."""

    label: str
    value: Any = Field(description="Null also where the parameters hold no such value.")


class ChoiceModel(Model):
    """One button. POST its `body` to the link as it is."""

    name: Literal["approve", "reject"]
    label: str
    outcome: Literal["success", "failure"]
    body: dict[str, Any]


class CallbackModel(Model):
    """Where a signed link leads, as it is now. `title`, `facts` and `choices` are what the state
    machine's author says of the question (`callbacks` in machine.json)."""

    execution: str
    state_machine: str
    execution_status: ExecutionStatus
    event_id: int
    state: str
    title: str | None
    comment: str | None = Field(description="The state's Comment in the definition.")
    facts: list[FactModel] = Field(description="While the task waits.")
    choices: list[ChoiceModel] = Field(description="Those that this link allows.")
    answered: str | None = Field(description="The label of the choice that was taken, if one was.")
    status: Literal["pending", "settled", "timed_out", "stopped"]
    outcome: Literal["success", "failure"] | None
    settled_at: datetime | None
    scheduled_at: datetime | None
    timeout_at: datetime | None
    actions: list[Literal["success", "failure"]]
    expires_at: datetime
    output_schema: dict[str, Any] | bool | None
    links: dict[str, str]
