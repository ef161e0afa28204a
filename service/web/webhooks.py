"""Inbound webhooks: other systems settle a task by a signed message, without a principal."""

from quart import Blueprint, Request, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from service.core.errors import ExecutionNotFound, SignatureInvalid
from service.core.models import ExecutionId

from . import models
from .rendering import read_body
from .services import services
from .settling import meant, note, settled_answer
from .signatures import HEADERS, INVALID
from .tasks import tasks

webhooks = Blueprint("webhooks", __name__, url_prefix="/v1")
tag_blueprint(webhooks, ["Tasks"])


async def verified_webhook(request: Request) -> bool:
    """Whether the request carries a good Standard Webhooks signature, which stands for a principal
    that may complete the one task the path names.

    False where it carries none, or no secret is set: another credential may count. Raises
    SignatureInvalid for a bad one, whatever other credential comes with it."""
    sent = {name: text for name in HEADERS if (text := request.headers.get(name))}
    body = await request.get_data(True, False, False)
    return await services().signatures.verify(sent, body, request.path)


@tasks.before_request
async def _hold_to_signature() -> None:
    """A signature that comes along must be good, also where nobody is asked who they are: whoever
    signs counts on it."""
    await verified_webhook(request)


@webhooks.post("/webhooks/<execution:execution>/<int:event_id>")
@document_request(models.WebhookRequest)
@document_response(models.SettledModel)
async def settle_by_webhook(execution: str, event_id: int) -> Response:
    """Settle the task that this event scheduled by a signed message (Standard Webhooks).

    The headers webhook-id, webhook-timestamp and webhook-signature are the credential. The same
    message again is a replay, and answers 200.
    """
    if not await verified_webhook(request):
        raise SignatureInvalid(INVALID)
    body = await read_body(models.WebhookRequest)
    if not _names(body, execution, event_id):
        raise SignatureInvalid(INVALID)
    settled = await services().tasks.settle(body.execution or execution, event_id, meant(body))
    note(settled, via="webhook")
    return settled_answer(settled)


def _names(body: models.WebhookRequest, execution: str, event_id: int) -> bool:
    """Whether what the body says of its target is what the path says, as ids or as ARNs."""
    if body.event_id not in {None, event_id}:
        return False
    try:
        named = ExecutionId.parse(body.execution or execution)
    except ExecutionNotFound:
        return False
    return named == ExecutionId.parse(execution)
