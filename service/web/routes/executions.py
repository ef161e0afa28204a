"""Starts, shows, lists, stops and redrives executions, the tutorial's too at its own path."""

import asyncio
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

from service.core.errors import ServiceError
from service.core.models import Cursor
from service.core.protocol import document_shapes as shapes
from service.core.protocol import documents
from service.core.protocol.paths import execution_path
from service.core.typed_dict import TypedDict
from service.usecases.executions import NewExecution, Started
from service.web.access import EXECUTION
from service.web.auth import principal_name
from service.web.docs import requests
from service.web.quart_patches.deadlines import within
from service.web.quart_patches.shedding import waiting
from service.web.rendering import NO_STORE, answer, read_body, read_input, read_query
from service.web.services import Services, services

from .credentials import credential_for

log = structlog.get_logger(__name__)
executions = Blueprint("executions", __name__)
tag_blueprint(executions, ["Executions"])

PATIENCE_S = 3.0  # for a first read on top of the caller's `wait`, or to tell that it's a replay


class ExecutionList(TypedDict):
    executions: list[shapes.ListedDocument]
    next_page: str | None


class TriggeredDocument(TypedDict):
    message: str
    execution: Annotated[str | None, Field(description="Null where a Lambda function starts it.")]


@executions.post("/v1/state-machines/<machine>/executions")
@document_request(requests.StartRequest)
@document_headers(requests.StartHeaders)
@document_response(shapes.StartedDocument, 202)
@document_response(shapes.StartedDocument, 200)
@document_querystring(requests.StartQuery)
async def start_execution(machine: str) -> Response:
    """Start an execution.

    A repeated name or Idempotency-Key with the same input answers 200 and the first execution.
    `?wait=` holds the answer until the execution ends or waits for a callback. `?credential=1` adds
    a token that reads this execution, for a browser."""
    served, query = services(), read_query(requests.StartQuery)
    if query.credential:
        served.narrowed.check_available()
    wait_s = query.wait
    start = await _start(machine)
    started = await served.executions.start(start, patience_s=within(PATIENCE_S))
    id, execution = started.execution.id, started.execution
    if not started.replayed:
        served.metrics.executions_started.labels(id.machine).inc()
        log.info("execution started", execution=str(id))
    document = documents.started_document(execution, started.cursor, addresses=served.addresses)
    if not id.express and (wait_s or started.replayed):
        document = await _watched(served, started, wait_s) or document
    root = request.root_path or served.addresses.prefix
    shown = cast(shapes.StartedDocument, {**document})
    headers = {"Location": root + execution_path(id)}
    if query.credential:
        shown["credential"] = credential_for(id)
        headers |= NO_STORE
    if started.replayed:
        shown["replayed"] = True
    return answer(shown, 200 if started.replayed else 202, headers)


@executions.post("/v1/state-machines/<machine>/sync-executions")
@document_request(requests.StartRequest)
@document_response(shapes.SyncDocument)
async def start_sync_execution(machine: str) -> Response:
    """Run an Express execution and answer its outcome, a failed one too."""
    served = services()
    start = await _start(machine)
    with waiting():
        id, result = await served.executions.start_sync(start)
    served.metrics.executions_started.labels(id.machine).inc()
    log.info("execution ran", execution=str(id), status=result.status.value)
    return answer(documents.sync_document(id, result))


@executions.get("/v1/executions")
@document_response(ExecutionList)
@document_querystring(requests.ListQuery)
async def list_executions() -> Response:
    """List a state machine's executions, newest first."""
    served, q = services(), read_query(requests.ListQuery)
    page = await served.executions.list_page(q.state_machine, q.status, q.limit, q.page)
    listed = [documents.execution_document(item, served.addresses) for item in page.items]
    return answer(ExecutionList(executions=listed, next_page=page.next_token))


@executions.get(EXECUTION)
@document_response(shapes.SnapshotDocument)
@document_querystring(requests.ShowQuery)
async def show_execution(execution: str) -> Response:
    """Show an execution as it is now, to the second: the snapshot. Never older than `?after=`."""
    text, who = read_query(requests.ShowQuery).after, principal_name()
    after = Cursor.parse(text) if text else None
    async with services().hub.watching(execution, after=after, principal=who) as watcher:
        return answer(watcher.require_feed().snapshot())


@executions.post(f"{EXECUTION}/stop")
@document_request(requests.StopRequest)
@document_response(shapes.SteeredDocument)
async def stop_execution(execution: str) -> Response:
    """Abort an execution; one that has ended stays as it is.

    What AWS applied is answered as applied, though its reads may not show it yet."""
    body, most_s = await read_body(requests.StopRequest), within(2 * PATIENCE_S)
    stop = services().steering.stop
    document = await stop(execution, body.error, body.cause, patience_s=most_s)
    log.info("execution stopped", execution=execution)
    return answer(document)


@executions.post(f"{EXECUTION}/redrive")
@document_response(shapes.SteeredDocument, 202)
async def redrive_execution(execution: str) -> Response:
    """Run a failed execution again from where it failed.

    What AWS applied is answered as applied: RUNNING, under a cursor that lies behind the redrive.
    Watch it from there, or reads that lag may still show how it failed."""
    document = await services().steering.redrive(execution, patience_s=within(2 * PATIENCE_S))
    log.info("execution redriven", execution=execution)
    return answer(document, 202)


@executions.post("/trigger-workflow")
@document_request(requests.TriggerRequest)
@document_headers(requests.StartHeaders)
@document_response(TriggeredDocument)
async def trigger_workflow() -> Response:
    """Start `orchestration-<stage>` with the body, any JSON object, as its input.

    `execution` is null where a Lambda function is asked to start it (HANDRAIL_TRIGGER=lambda)."""
    key = request.headers.get("Idempotency-Key")
    id = await services().trigger.pull(await read_input(), key=key)
    execution = str(id) if id else None
    log.info("workflow triggered", execution=execution)
    return answer(TriggeredDocument(message="Workflow triggered!", execution=execution))


async def _start(machine: str) -> NewExecution:
    body = await read_body(requests.StartRequest)
    return NewExecution(machine, body.input, body.name, request.headers.get("Idempotency-Key"))


async def _watched(
    served: Services, started: Started, wait_s: float
) -> shapes.SnapshotDocument | None:
    """The snapshot, None where it can't be read now: what has started is told all the same, or the
    caller would start it again."""
    id = str(started.execution.id)
    try:
        holding = served.hub.watching(id, after=started.cursor, principal=principal_name())
        async with asyncio.timeout(within(wait_s + PATIENCE_S)), holding as watcher:
            if wait_s:
                with waiting():
                    await served.hub.wait_until(
                        watcher,
                        lambda feed: feed.ended or bool(feed.projection.tasks),
                        timeout_s=within(wait_s),
                    )
            return watcher.require_feed().snapshot()
    except (ServiceError, TimeoutError) as error:
        log.warning("started execution not readable", execution=id, error=type(error).__name__)
        return None
