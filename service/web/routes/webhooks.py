"""Inbound webhooks: other systems settle a task by a signed message, without a principal."""

from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from service.core.errors import ExecutionNotFound, SignatureInvalid
from service.core.models import ExecutionId
from service.web.docs import requests
from service.web.rendering import read_body
from service.web.services import services
from service.web.webhook_signatures import INVALID

from .tasks import SettledDocument, settled_answer, wanted_outcome

webhooks = Blueprint("webhooks", __name__, url_prefix="/v1")
tag_blueprint(webhooks, ["Tasks"])


@webhooks.post("/webhooks/<execution:execution>/<int:event_id>")
@document_request(requests.WebhookRequest)
@document_response(SettledDocument)
async def settle_by_webhook(execution: str, event_id: int) -> Response:
    """Settle the task that this event scheduled by a signed message (Standard Webhooks).

    The headers webhook-id, webhook-timestamp and webhook-signature are the credential. The same
    message again is a replay, and answers 200.
    """
    served = services()
    if not await served.signatures.signed(request):
        raise SignatureInvalid(INVALID)
    body = await read_body(requests.WebhookRequest)
    if not _names(body, execution, event_id):
        raise SignatureInvalid(INVALID)
    wanted = wanted_outcome(body)
    settled = await served.tasks.settle(body.execution or execution, event_id, wanted)
    return settled_answer(settled, via="webhook")


def _names(body: requests.WebhookRequest, execution: str, event_id: int) -> bool:
    """Whether what the body says of its target is what the path says, as ids or as ARNs."""
    if body.event_id not in {None, event_id}:
        return False
    try:
        named = ExecutionId.parse(body.execution or execution)
    except ExecutionNotFound:
        return False
    return named == ExecutionId.parse(execution)
