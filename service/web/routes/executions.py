"""Starts, shows, lists, stops and redrives executions, the tutorial's too at its own path."""

import asyncio
from functools import partial
from typing import Annotated, cast

import structlog
from pydantic import Field
from quart import Blueprint, Response, request
from quart_schema import (
    document_headers,
    document_querystring,
    document_request,
    document_response,
    tag_blueprint,
)

from handrail.core.access.principals import AccessScope
from handrail.core.errors import ServiceError
from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.core.protocol import document_shapes as shapes
from handrail.core.protocol import documents
from handrail.core.protocol.paths import execution_path
from handrail.core.typed_dict import TypedDict
from handrail.usecases.execution_lists import ListRequest
from handrail.usecases.executions import NewExecution, Started
from handrail.usecases.lag import REQUEST_S
from handrail.usecases.replays import NewReplay
from handrail.usecases.steering import most_s
from handrail.web import audit
from handrail.web.access import EXECUTION
from handrail.web.auth import may_see, principal_name
from handrail.web.docs import requests
from handrail.web.quart_patches.deadlines import within
from handrail.web.quart_patches.shedding import waiting
from handrail.web.quart_patches.trace_headers import trace_context
from handrail.web.rendering import (
    NO_STORE,
    answer,
    cursor_seen,
    read_body,
    read_input,
    read_query,
)
from handrail.web.services import Services, services

from .credentials import credential_for

log = structlog.get_logger(__name__)
executions = Blueprint("executions", __name__)
tag_blueprint(executions, ["Executions"])


class ExecutionList(shapes.ListDocument):
    next_page: str | None


class TriggeredDocument(TypedDict):
    message: str
    execution: Annotated[str | None, Field(description="Null where a Lambda function starts it.")]
    cursor: Annotated[str | None, Field(description="Of its start; null where `execution` is.")]


@executions.post("/v1/state-machines/<machine>/executions")
@document_request(requests.StartRequest)
@document_headers(requests.StartHeaders)
@document_response(shapes.StartedDocument, 202)
@document_response(shapes.StartedDocument, 200)
@document_querystring(requests.StartQuery)
async def start_execution(machine: str) -> Response:
    """Start an execution, by a version (`order:3`) or an alias (`order:live`) too.

    A repeated name or Idempotency-Key with the same input answers 200 and the first execution.
    `?wait=` holds the answer until the execution ends or waits for a callback. `?credential=1` adds
    a token that reads this execution, for a browser. Of an Express execution AWS doesn't tell how
    it goes on: where nothing was pushed yet of any of its state machine, its start takes no
    `?wait=`, and its answer has no `Location`, links or cursor."""
    served, query = services(), _start_query()
    looked_at_by = "wait" if query.wait else "credential" if query.credential else None
    start = await _start(machine, looked_at_by)
    started = await served.executions.start(start, patience_s=within(REQUEST_S))
    return await _answer_start(served, started, query)


@executions.post(f"{EXECUTION}/replay")
@document_request(requests.ReplayRequest)
@document_headers(requests.StartHeaders)
@document_response(shapes.StartedDocument, 202)
@document_response(shapes.StartedDocument, 200)
@document_querystring(requests.StartQuery)
async def replay_execution(execution: str) -> Response:
    """Start an execution's state machine again, with the input it had or another one.

    It needs the scope to read the execution and the one to start its state machine. Answered as a
    start is, with `replay_of`."""
    served, query = services(), _start_query()
    body, key = await read_body(requests.ReplayRequest), request.headers.get("Idempotency-Key")
    keeps_input = "input" not in body.model_fields_set
    replay = NewReplay(execution, keeps_input, body.input, body.name, key, trace_context())
    started = await served.replays.start(replay, patience_s=within(REQUEST_S))
    of = str(ExecutionId.parse(execution))
    return await _answer_start(served, started, query, replay_of=of)


@executions.post("/v1/state-machines/<machine>/sync-executions")
@document_request(requests.StartRequest)
@document_response(shapes.SyncDocument)
async def start_sync_execution(machine: str) -> Response:
    """Run an Express execution and answer its outcome, a failed one too."""
    served = services()
    start = await _start(machine)
    with waiting():
        id, result = await served.executions.start_sync(start)
    audit.done(id, execution_status=result.status.value)
    return answer(documents.sync_document(id, result))


@executions.get("/v1/executions")
@document_response(ExecutionList)
@document_querystring(requests.ListQuery)
async def list_executions() -> Response:
    """List the executions of one state machine, or of many, newest first.

    Counts and `as_of` say what was read, and when: AWS lists a state machine a thousand at a time,
    and allows few lists a second."""
    served, q = services(), read_query(requests.ListQuery)
    may_read = partial(may_see, AccessScope.READ)
    wanted = ListRequest(may_read, q.state_machine, q.status, q.limit, q.page, principal_name())
    listing = await served.lists.list_page(wanted, patience_s=within(REQUEST_S * 2))
    document = documents.list_document(listing, served.addresses)
    return answer(ExecutionList(**document, next_page=listing.next_page))


@executions.get(EXECUTION)
@document_response(shapes.SnapshotDocument)
@document_querystring(requests.SeenQuery)
async def show_execution(execution: str) -> Response:
    """Show an execution as it is now, to the second: the snapshot. Never older than `?after=`."""
    after, who = cursor_seen(), principal_name()
    async with services().hub.watching(execution, after=after, principal=who) as watcher:
        feed = watcher.require_feed()
        await watcher.foreseen()
        await services().traces.look_up(feed.id, feed.epoch)
        return answer(feed.snapshot())


@executions.post(f"{EXECUTION}/stop")
@document_request(requests.StopRequest)
@document_response(shapes.SteeredDocument)
@document_querystring(requests.SeenQuery)
async def stop_execution(execution: str) -> Response:
    """Abort an execution; one that has ended stays as it is.

    What AWS applied is answered as applied, though its reads may not show it yet."""
    body, after = await read_body(requests.StopRequest), cursor_seen()
    patience_s, stop = within(most_s(after)), services().steering.stop
    document = await stop(execution, body.error, body.cause, after=after, patience_s=patience_s)
    had_ended = document["status"] != ExecutionStatus.ABORTED.value
    audit.done(ExecutionId.parse(execution), again=had_ended)
    return answer(document)


@executions.post(f"{EXECUTION}/redrive")
@document_response(shapes.SteeredDocument, 202)
@document_querystring(requests.SeenQuery)
async def redrive_execution(execution: str) -> Response:
    """Run a failed execution again from where it failed.

    What AWS applied is answered as applied: RUNNING, under a cursor that lies behind the redrive.
    Watch it from there, or reads that lag may still show how it failed."""
    after, redrive = cursor_seen(), services().steering.redrive
    document = await redrive(execution, after=after, patience_s=within(most_s(after)))
    audit.done(ExecutionId.parse(execution))
    return answer(document, 202)


@executions.post("/trigger-workflow")
@document_request(requests.TriggerRequest)
@document_headers(requests.StartHeaders)
@document_response(TriggeredDocument)
async def trigger_workflow() -> Response:
    """Start `orchestration-<stage>` with the body, any JSON object, as its input.

    `execution` is null where a Lambda function is asked to start it (HANDRAIL_TRIGGER=lambda)."""
    key = request.headers.get("Idempotency-Key")
    served = services()
    started = await served.trigger.pull(await read_input(), key=key, trace=trace_context())
    execution = str(started.execution.id) if started else None
    shown = started is not None and served.addresses.shows(started.execution.id)
    cursor = str(started.cursor) if started and shown else None
    if started is not None:
        audit.done(started.execution.id, again=started.replayed)
    else:
        audit.done()
    message = "Workflow triggered!"
    return answer(TriggeredDocument(message=message, execution=execution, cursor=cursor))


async def _start(machine: str, looked_at_by: str | None = None) -> NewExecution:
    body, key = await read_body(requests.StartRequest), request.headers.get("Idempotency-Key")
    given = machine, body.input, body.name, key, None, looked_at_by, body.case
    return NewExecution(*given, trace=trace_context())


def _start_query() -> requests.StartQuery:
    """Raises InvalidRequest, and TokensUnavailable before anything starts."""
    query = read_query(requests.StartQuery)
    if query.credential:
        services().narrowed.check_available()
    return query


async def _answer_start(
    served: Services,
    started: Started,
    query: requests.StartQuery,
    *,
    replay_of: str | None = None,
) -> Response:
    id, execution, headers = started.execution.id, started.execution, dict[str, str]()
    credential = bool(query.credential) or None
    audit.done(id, again=started.replayed, replay_of=replay_of, credential=credential)
    document = documents.started_document(execution, started.cursor, addresses=served.addresses)
    if served.addresses.shows(id):
        root = request.root_path or served.addresses.prefix
        headers["Location"] = root + execution_path(id)
        if query.wait or started.replayed:
            document = await _watched(served, started, query.wait) or document
    shown: shapes.StartedDocument = {**document}
    if replay_of is not None:
        shown["replay_of"] = replay_of
    if query.credential:
        shown["credential"] = credential_for(id)
        headers |= NO_STORE
    if started.replayed:
        shown["replayed"] = True
    return answer(shown, 200 if started.replayed else 202, headers)


async def _watched(
    served: Services, started: Started, wait_s: float
) -> shapes.StartedDocument | None:
    """The snapshot, None where it can't be read now: what has started is told all the same, or the
    caller would start it again."""
    id = str(started.execution.id)
    try:
        longest_s, who = within(wait_s + REQUEST_S), principal_name()
        holding = served.hub.watching(id, after=started.cursor, principal=who, patience_s=longest_s)
        async with asyncio.timeout(longest_s), holding as watcher:
            if wait_s:
                with waiting():
                    await served.hub.wait_until(
                        watcher,
                        lambda feed: feed.ended or bool(feed.projection.tasks),
                        timeout_s=within(wait_s),
                    )
            return cast(shapes.StartedDocument, watcher.require_feed().snapshot())
    except (ServiceError, TimeoutError) as error:
        log.warning("started execution not readable", execution=id, error=type(error).__name__)
        return None
