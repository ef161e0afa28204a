"""Waiting tasks, and settling them by where they stand or by their raw token."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from .base import Body, Model


class TaskModel(Model):
    """A task that waits for a callback or an activity worker."""

    event_id: int
    state: str
    resource: str
    scheduled_at: datetime
    timeout_at: datetime | None
    heartbeat_seconds: int | None
    links: dict[str, str]


class TaskList(Model):
    tasks: list[TaskModel]


class SuccessRequest(Body):
    output: Any = Field(
        description="The task's result, which must be there, null included; at most 262,144 bytes"
        " as JSON."
    )


class FailureRequest(Body):
    error: str | None = Field(None, description="The error's name; at most 256 characters.")
    cause: str | None = Field(None, description="At most 32,768 characters.")


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


class TokenRequest(Body):
    token: str = Field(repr=False, description="The raw task token; at most 2,048 characters.")


class TokenSuccessRequest(TokenRequest, SuccessRequest):
    """By raw token."""


class TokenFailureRequest(TokenRequest, FailureRequest):
    """By raw token."""


class TokenSettledModel(Model):
    outcome: Literal["success", "failure", "heartbeat"]
