"""Starts, shows, lists, stops and redrives executions, the tutorial's too at its own path."""

import asyncio
from typing import Annotated

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

from service.core.errors import FieldError, InvalidRequest, ServiceError
from service.core.protocol import document_shapes as shapes
from service.core.protocol import documents
from service.core.protocol.paths import execution_path
from service.core.typed_dict import TypedDict
from service.usecases.executions import NewExecution, Started
from service.usecases.lag import REQUEST_S
from service.usecases.steering import most_s
from service.web.access import EXECUTION
from service.web.auth import principal_name
from service.web.docs import requests
from service.web.quart_patches.deadlines import within
from service.web.quart_patches.shedding import waiting
from service.web.rendering import answer, cursor_seen, read_body, read_json, read_query
from service.web.services import Services, services

log = structlog.get_logger(__name__)
executions = Blueprint("executions", __name__)
tag_blueprint(executions, ["Executions"])


class ExecutionList(TypedDict):
    executions: list[shapes.ListedDocument]
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
    """Start an execution.

    A repeated name or Idempotency-Key with the same input answers 200 and the first execution.
    `?wait=` holds the answer until the execution ends or waits for a callback."""
    served, wait_s = services(), read_query(requests.StartQuery).wait
    start = await _start(machine)
    started = await served.executions.start(start, patience_s=within(REQUEST_S))
    id, execution = started.execution.id, started.execution
    if not started.replayed:
        served.metrics.executions_started.labels(id.machine).inc()
        log.info("execution started", execution=str(id))
    document = documents.started_document(execution, started.cursor, addresses=served.addresses)
    if not id.express and (wait_s or started.replayed):
        document = await _watched(served, started, wait_s) or document
    location = {"Location": request.root_path + execution_path(id)}
    if started.replayed:
        return answer(shapes.StartedDocument(**document, replayed=True), 200, location)
    return answer(document, 202, location)


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
@document_querystring(requests.SeenQuery)
async def show_execution(execution: str) -> Response:
    """Show an execution as it is now, to the second: the snapshot. Never older than `?after=`."""
    after, who = cursor_seen(), principal_name()
    async with services().hub.watching(execution, after=after, principal=who) as watcher:
        return answer(watcher.require_feed().snapshot())


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
    log.info("execution stopped", execution=execution)
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
    log.info("execution redriven", execution=execution)
    return answer(document, 202)


@executions.post("/trigger-workflow")
@document_request(requests.TriggerRequest)
@document_headers(requests.StartHeaders)
@document_response(TriggeredDocument)
async def trigger_workflow() -> Response:
    """Start `orchestration-<stage>` with the body, any JSON object, as its input.

    `execution` is null where a Lambda function is asked to start it (HANDRAIL_TRIGGER=lambda)."""
    input = await read_json()
    if not isinstance(input, dict):
        raise InvalidRequest("The input is a JSON object.", errors=[FieldError("", "No object")])
    started = await services().trigger.pull(input, key=request.headers.get("Idempotency-Key"))
    execution = str(started.execution.id) if started else None
    cursor = str(started.cursor) if started else None
    log.info("workflow triggered", execution=execution)
    message = "Workflow triggered!"
    return answer(TriggeredDocument(message=message, execution=execution, cursor=cursor))


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
            return watcher.require_feed().snapshot()
    except (ServiceError, TimeoutError) as error:
        log.warning("started execution not readable", execution=id, error=type(error).__name__)
        return None
