"""Lists what waits for somebody, over all executions."""

from functools import partial
from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import document_querystring, document_response, tag_blueprint

from handrail.core.access.principals import AccessScope
from handrail.core.listing import ListedTask, SearchedMachine, WaitingListing
from handrail.core.models import ExecutionId, rfc3339
from handrail.core.protocol import documents
from handrail.core.protocol.document_shapes import (
    IdentityDocument,
    TaskDocument,
    Time,
    UnlistedDocument,
)
from handrail.core.typed_dict import TypedDict
from handrail.usecases.task_search import WaitingRequest
from handrail.web.auth import may_see, principal
from handrail.web.docs import requests
from handrail.web.quart_patches.deadlines import within
from handrail.web.rendering import answer, read_query
from handrail.web.services import Services, services

waiting = Blueprint("waiting", __name__, url_prefix="/v1")
tag_blueprint(waiting, ["Tasks"])


class WaitingTaskDocument(TaskDocument, IdentityDocument):
    """A task that waits, and the execution that it belongs to."""

    as_of: Annotated[Time, Field(description="When the execution was read.")]


class SearchedMachineDocument(TypedDict):
    """How much of a state machine was looked into."""

    state_machine: str
    as_of: Annotated[
        Time | None, Field(description="Of the oldest that this relies on; null: not listed yet.")
    ]
    running: Annotated[
        int | None, Field(description="Executions that run; null where they weren't listed.")
    ]
    read: Annotated[int, Field(description="Of those, how many were looked into lately.")]
    complete: bool


class WaitingDocument(TypedDict):
    """The newest tasks, of `total` that are known. Where it is `complete`, there were no others at
    `as_of`; else other executions may have some, in the state machines that aren't `complete`."""

    tasks: list[WaitingTaskDocument]
    total: int
    as_of: Time
    complete: bool
    state_machines: list[SearchedMachineDocument]
    unlisted: list[UnlistedDocument]


@waiting.get("/tasks")
@document_response(WaitingDocument)
@document_querystring(requests.WaitingQuery)
async def list_waiting_tasks() -> Response:
    """List the tasks that wait for a callback or a worker, over all executions, newest first.

    AWS has no such list: it is searched for, in executions that run, behind all other reads. So an
    answer says how old it is, and whether it is complete; asking again goes on with the search."""
    served, q, who = services(), read_query(requests.WaitingQuery), principal()

    def may_read(id: ExecutionId) -> bool:
        return who is None or who.may_with(AccessScope.READ, id)

    wanted = WaitingRequest(
        lambda machine: may_see(AccessScope.READ, machine),
        may_read,
        q.state_machine,
        q.limit,
        partial=who is not None and bool(who.executions),
    )
    found = await served.task_search.search(wanted, patience_s=within(q.wait))
    return answer(_document(found, served))


def _document(found: WaitingListing, served: Services) -> WaitingDocument:
    room = documents.LIST_ROOM // max(1, len(found.tasks))
    return {
        "tasks": [_task(each, served, room) for each in found.tasks],
        "total": found.total,
        "as_of": rfc3339(found.as_of),
        "complete": found.complete,
        "state_machines": [_machine(each) for each in found.machines],
        "unlisted": [documents.unlisted_document(each) for each in found.unlisted],
    }


def _task(waiting: ListedTask, served: Services, room: int) -> WaitingTaskDocument:
    asking = partial(served.catalogue.question, waiting.execution.machine)
    (task,) = documents.tasks_document(
        waiting.execution, [waiting.task], served.addresses, room=room, asking=asking
    )
    identity, as_of = documents.identity(waiting.execution), rfc3339(waiting.as_of)
    return {**identity, **task, "as_of": as_of}


def _machine(searched: SearchedMachine) -> SearchedMachineDocument:
    return {
        "state_machine": searched.name,
        "as_of": rfc3339(searched.as_of) if searched.as_of else None,
        "running": searched.running,
        "read": searched.read,
        "complete": searched.complete,
    }
