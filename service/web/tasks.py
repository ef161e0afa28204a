"""Settling waiting tasks: by where they stand, or by raw token."""

import structlog
from quart import Blueprint, Response
from quart_schema import document_request, document_response, tag_blueprint

from service.core import documents
from service.core.models import rfc3339
from service.core.settling import TaskAnswer
from service.usecases.tasks import Settled, failure, success

from . import models
from .principal import principal_name
from .rendering import answer, read_body
from .services import services

log = structlog.get_logger(__name__)
tasks = Blueprint("tasks", __name__, url_prefix="/v1")
tag_blueprint(tasks, ["Tasks"])

POSITION = "/executions/<execution:execution>/tasks/<int:event_id>"


@tasks.get("/executions/<execution:execution>/tasks")
@document_response(models.TaskList)
async def list_tasks(execution: str) -> Response:
    """List the tasks that wait for a callback or a worker."""
    async with services().hub.held(execution, principal=principal_name()) as watcher:
        return answer({"tasks": watcher.known().tasks()})


@tasks.post(f"{POSITION}/success")
@document_request(models.SuccessRequest)
@document_response(models.SettledModel)
async def succeed_task(execution: str, event_id: int) -> Response:
    """Complete the task that this event scheduled. The same again is a replay, and answers 200."""
    body = await read_body(models.SuccessRequest)
    return await _settle(execution, event_id, success(body.output))


@tasks.post(f"{POSITION}/failure")
@document_request(models.FailureRequest)
@document_response(models.SettledModel)
async def fail_task(execution: str, event_id: int) -> Response:
    """Fail the task that this event scheduled. The same again is a replay, and answers 200."""
    body = await read_body(models.FailureRequest)
    return await _settle(execution, event_id, failure(body.error, body.cause))


@tasks.post(f"{POSITION}/heartbeat")
@document_response(models.HeartbeatModel)
async def heartbeat_task(execution: str, event_id: int) -> Response:
    """Say that somebody is at work: the heartbeat's clock starts anew."""
    id = await services().tasks.heartbeat(execution, event_id)
    return answer({"execution": str(id), "event_id": event_id})


@tasks.post("/task-tokens/success")
@document_request(models.TokenSuccessRequest)
@document_response(models.TokenSettledModel)
async def succeed_token() -> Response:
    """Complete a task by its raw token. No history is read: repeated, it answers 410."""
    body = await read_body(models.TokenSuccessRequest)
    return await _settle_token(body.token, success(body.output))


@tasks.post("/task-tokens/failure")
@document_request(models.TokenFailureRequest)
@document_response(models.TokenSettledModel)
async def fail_token() -> Response:
    """Fail a task by its raw token. No history is read: repeated, it answers 410."""
    body = await read_body(models.TokenFailureRequest)
    return await _settle_token(body.token, failure(body.error, body.cause))


@tasks.post("/task-tokens/heartbeat")
@document_request(models.TokenRequest)
@document_response(models.TokenSettledModel)
async def heartbeat_token() -> Response:
    """Say that somebody is at work on the task of this raw token."""
    body = await read_body(models.TokenRequest)
    await services().tasks.heartbeat_token(body.token)
    return answer({"outcome": "heartbeat"})


async def _settle(execution: str, event_id: int, wanted: TaskAnswer) -> Response:
    settled = await services().tasks.settle(execution, event_id, wanted)
    log.info(
        "task settled",
        execution=str(settled.execution),
        event_id=event_id,
        outcome=settled.outcome.value,
        replayed=settled.replayed,
    )
    return answer(settled_document(settled))


async def _settle_token(token: str, wanted: TaskAnswer) -> Response:
    await services().tasks.settle_token(token, wanted)
    log.info("task settled by token", outcome=wanted.outcome.value)
    return answer({"outcome": wanted.outcome.value})


def settled_document(settled: Settled) -> documents.Document:
    return {
        "execution": str(settled.execution),
        "event_id": settled.event_id,
        "state": settled.state,
        "outcome": settled.outcome.value,
        "settled_at": rfc3339(settled.at),
        "replayed": settled.replayed,
    }
