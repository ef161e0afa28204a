"""Settles waiting tasks by the event that scheduled them, by raw token or by webhook, and makes
signed links. Those are followed in `callbacks`: that needs no principal."""

from typing import Annotated, Any, cast

from pydantic import Field, WithJsonSchema
from quart import Blueprint, Response, request
from quart_schema import (
    document_querystring,
    document_request,
    document_response,
    tag_blueprint,
)

from handrail.core.access.origins import host_name, is_loopback
from handrail.core.errors import ExecutionNotFound, FieldError, InvalidRequest, SignatureInvalid
from handrail.core.history.outcomes import NOBODY, Answerer, Outcome, TaskAnswer
from handrail.core.models import ExecutionId, rfc3339
from handrail.core.protocol.document_shapes import TaskDocument, Time
from handrail.core.protocol.documents import LIST_ROOM
from handrail.core.protocol.paths import callback_path
from handrail.core.protocol.question_documents import OutcomeText
from handrail.core.typed_dict import TypedDict
from handrail.usecases.tasks import Settled, failure, success
from handrail.web import audit
from handrail.web.auth import principal, principal_name
from handrail.web.docs import requests
from handrail.web.rendering import NO_STORE, answer, cursor_seen, read_body
from handrail.web.services import services
from handrail.web.webhook_signatures import INVALID

tasks = Blueprint("tasks", __name__, url_prefix="/v1")
links = Blueprint("links", __name__, url_prefix="/v1")
tag_blueprint(tasks, ["Tasks"])
tag_blueprint(links, ["Tasks"])

TASK = "/executions/<execution:execution>/tasks/<int:event_id>"
WHICH = (
    "Say which: an output (null is one too) for a success, or an error, a cause or the action"
    " failure for a failure. Nothing was settled."
)
MISSING = "is missing"

TOKEN_OUTCOMES = {"type": "string", "enum": ["success", "failure", "heartbeat"]}
TokenOutcomeText = Annotated[str, WithJsonSchema(TOKEN_OUTCOMES)]


class TaskList(TypedDict):
    tasks: list[TaskDocument]


class SettledDocument(TypedDict):
    """`replayed` where the task had this very outcome before."""

    execution: str
    event_id: int
    state: str
    outcome: OutcomeText
    settled_at: Time
    cursor: Annotated[str, Field(description="Reads that carry it don't show the task waiting.")]
    replayed: bool


class HeartbeatDocument(TypedDict):
    execution: str
    event_id: int


class TokenSettledDocument(TypedDict):
    outcome: TokenOutcomeText


class ForDocument(TypedDict("ForDocument", {"for": str | None})):
    """Whom a link is for, as its maker said."""


class LinkDocument(ForDocument):
    """`url` is a credential: whoever has it can settle the task until it expires."""

    url: str
    expires_at: Time
    actions: list[OutcomeText]


@tasks.before_request
async def _check_signature() -> None:
    """A webhook's signature that comes along must be good, whatever else lets the request in."""
    await services().signatures.signed(request)


@tasks.get("/executions/<execution:execution>/tasks")
@document_response(TaskList)
@document_querystring(requests.SeenQuery)
async def list_tasks(execution: str) -> Response:
    """List the tasks that wait for a callback or a worker."""
    after, who = cursor_seen(), principal_name()
    async with services().hub.watching(execution, after=after, principal=who) as watcher:
        return answer(TaskList(tasks=watcher.require_feed().tasks(room=LIST_ROOM)))


@tasks.post(f"{TASK}/success")
@document_request(requests.SuccessRequest)
@document_response(SettledDocument)
@document_querystring(requests.SeenQuery)
async def succeed_task(execution: str, event_id: int) -> Response:
    """Complete the task that this event scheduled. The same again is a replay, and answers 200."""
    wanted = success((await read_body(requests.SuccessRequest)).output)
    return await _settled(execution, event_id, wanted)


@tasks.post(f"{TASK}/failure")
@document_request(requests.FailureRequest)
@document_response(SettledDocument)
@document_querystring(requests.SeenQuery)
async def fail_task(execution: str, event_id: int) -> Response:
    """Fail the task that this event scheduled. The same again is a replay, and answers 200."""
    body = await read_body(requests.FailureRequest)
    wanted = failure(body.error, body.cause)
    return await _settled(execution, event_id, wanted)


@tasks.post(f"{TASK}/heartbeat")
@document_response(HeartbeatDocument)
@document_querystring(requests.SeenQuery)
async def heartbeat_task(execution: str, event_id: int) -> Response:
    """Say that somebody is at work: the heartbeat's clock starts anew."""
    id = await services().tasks.heartbeat(execution, event_id, after=cursor_seen())
    audit.done(id, event_id=event_id)
    return answer(HeartbeatDocument(execution=str(id), event_id=event_id))


@tasks.post("/task-tokens/success")
@document_request(requests.TokenSuccessRequest)
@document_response(TokenSettledDocument)
async def succeed_token() -> Response:
    """Complete a task by its raw token. No history is read: repeated, it answers 410."""
    body = await read_body(requests.TokenSuccessRequest)
    return await _settle_token(body.token, success(body.output))


@tasks.post("/task-tokens/failure")
@document_request(requests.TokenFailureRequest)
@document_response(TokenSettledDocument)
async def fail_token() -> Response:
    """Fail a task by its raw token. No history is read: repeated, it answers 410."""
    body = await read_body(requests.TokenFailureRequest)
    return await _settle_token(body.token, failure(body.error, body.cause))


@tasks.post("/task-tokens/heartbeat")
@document_request(requests.TokenRequest)
@document_response(TokenSettledDocument)
async def heartbeat_token() -> Response:
    """Say that somebody is at work on the task of this raw token."""
    body = await read_body(requests.TokenRequest)
    await services().tasks.heartbeat_token(body.token)
    audit.done(via="token")
    return answer(TokenSettledDocument(outcome="heartbeat"))


@links.post(f"{TASK}/links")
@document_request(requests.LinkRequest)
@document_response(LinkDocument, 201)
@document_querystring(requests.SeenQuery)
async def make_link(execution: str, event_id: int) -> Response:
    """Make a signed link to one waiting task: whoever has it can settle it until it expires."""
    served, body = services(), await read_body(requests.LinkRequest)
    wanted, most_s = [Outcome(action) for action in body.actions], body.expires_in
    signed, link = await served.links.make(
        execution,
        event_id,
        actions=wanted,
        expires_in_s=most_s,
        meant_for=body.meant_for,
        after=cursor_seen(),
    )
    audit.done(link.execution, event_id=event_id, link_for=link.meant_for)
    base = (served.options.public_url or _root_url()).rstrip("/")
    actions, expires_at = [action.value for action in link.actions], rfc3339(link.expires_at)
    url = f"{base}{callback_path(signed)}"
    document: LinkDocument = {
        "url": url,
        "expires_at": expires_at,
        "actions": actions,
        "for": link.meant_for,
    }
    return answer(document, 201, NO_STORE)


@links.post("/webhooks/<execution:execution>/<int:event_id>")
@document_request(requests.WebhookRequest)
@document_response(SettledDocument)
async def settle_by_webhook(execution: str, event_id: int) -> Response:
    """Settle the task that this event scheduled by a signed message (Standard Webhooks).

    The headers webhook-id, webhook-timestamp and webhook-signature are the credential. The same
    message again is a replay, and answers 200."""
    served = services()
    if not await served.signatures.signed(request):
        raise SignatureInvalid(INVALID)
    body = await read_body(requests.WebhookRequest)
    try:
        named = ExecutionId.parse(body.execution or execution)
    except ExecutionNotFound as error:
        raise SignatureInvalid(INVALID) from error
    if named != ExecutionId.parse(execution) or body.event_id not in {None, event_id}:
        raise SignatureInvalid(INVALID)
    wanted = wanted_outcome(body)
    target = body.execution or execution
    settled = await served.tasks.settle(target, event_id, wanted, there=True)
    return settled_answer(settled, via="webhook")


def wanted_outcome(body: requests.CallbackRequest, action: str | None = None) -> TaskAnswer:
    """The outcome that a callback's or a webhook's body stands for; the body's action counts more
    than the query's. Raises InvalidRequest where it isn't said or contradicts itself."""
    succeeds = "output" in body.model_fields_set
    fails = body.error is not None or body.cause is not None
    chosen = body.action or action or ("failure" if fails else "success" if succeeds else None)
    if chosen is None:
        raise InvalidRequest(WHICH, errors=[FieldError("output", MISSING)])
    if chosen == "failure":
        if succeeds:
            raise _contradiction("output", "belongs to a success")
        return failure(body.error, body.cause)
    if fails:
        raise _contradiction("error" if body.error is not None else "cause", "belongs to a failure")
    if not succeeds:
        raise InvalidRequest("A success needs an output.", errors=[FieldError("output", MISSING)])
    return success(body.output)


def settled_answer(
    settled: Settled, *, via: str | None = None, link_for: str | None = None
) -> Response:
    log_settled(settled, via=via, link_for=link_for)
    document: SettledDocument = {
        "execution": str(settled.execution),
        "event_id": settled.event_id,
        "state": settled.state,
        "outcome": settled.outcome.value,
        "settled_at": rfc3339(settled.at),
        "cursor": str(settled.cursor),
        "replayed": settled.replayed,
    }
    return answer(document)


def log_settled(settled: Settled, *, via: str | None = None, link_for: str | None = None) -> None:
    """`via` is `link` or `webhook`, and whom the link is for; without it, a caller of the API
    settled the task."""
    facts = {"event_id": settled.event_id, "task_outcome": settled.outcome.value}
    audit.done(settled.execution, again=settled.replayed, via=via, link_for=link_for, **facts)


def _contradiction(path: str, message: str) -> InvalidRequest:
    return InvalidRequest(f"{path} {message}.", errors=[FieldError(path, message)])


async def _settled(execution: str, event_id: int, wanted: TaskAnswer) -> Response:
    settle, after, who = services().tasks.settle, cursor_seen(), principal()
    by = Answerer(who.name) if who is not None and who.name else NOBODY
    return settled_answer(await settle(execution, event_id, wanted, by=by, after=after))


async def _settle_token(token: str, wanted: TaskAnswer) -> Response:
    await services().tasks.settle_token(token, wanted)
    audit.done(via="token", task_outcome=wanted.outcome.value)
    return answer(TokenSettledDocument(outcome=wanted.outcome.value))


def _root_url() -> str:
    """Where the client may find the service again, no public URL being set: by the Host it sent if
    that is this machine's, else by the address that the server listens on."""
    if is_loopback(host_name(request.host)):
        return request.root_url
    host, port = cast(dict[str, Any], request.scope).get("server") or ("localhost", None)
    shown = f"[{host}]" if ":" in host else host
    return f"{request.scheme}://{shown}{f':{port}' if port else ''}{request.root_path}"
