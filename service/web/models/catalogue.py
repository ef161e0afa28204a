"""The catalogue: state machines, listed and described."""

from datetime import datetime
from typing import Any

from service.core.models import MachineType

from .base import Model


class MachineModel(Model):
    name: str
    type: MachineType
    description: str | None
    created_at: datetime
    links: dict[str, str]


class FolderProblemModel(Model):
    """A folder whose state machine was left out: `name` is the one it would have been deployed by,
    `state` the state to blame, each null where unknown."""

    folder: str
    name: str | None
    state: str | None
    reason: str


class MachineList(Model):
    state_machines: list[MachineModel]
    problems: list[FolderProblemModel]


class MachineDetail(MachineModel):
    definition: dict[str, Any]
    graph: dict[str, Any]
    input_schema: dict[str, Any] | None
    lint: list[dict[str, Any]]
    cost: dict[str, Any]
