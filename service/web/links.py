"""Making signed links. Following them is in `callbacks`: that needs no principal, this does."""

from typing import Any, cast

import structlog
from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from service.core.addresses import callback_path
from service.core.models import rfc3339
from service.core.origins import host_name, is_loopback
from service.core.settling import Outcome

from . import models
from .rendering import answer, read_body
from .services import services

log = structlog.get_logger(__name__)
links = Blueprint("links", __name__, url_prefix="/v1")
tag_blueprint(links, ["Tasks"])

LOCALHOST = "localhost"


@links.post("/executions/<execution:execution>/tasks/<int:event_id>/links")
@document_request(models.LinkRequest)
@document_response(models.LinkModel, 201)
async def make_link(execution: str, event_id: int) -> Response:
    """Make a signed link to one waiting task: whoever has it can settle it until it expires."""
    served, body = services(), await read_body(models.LinkRequest)
    signed, link = await served.links.make(
        execution,
        event_id,
        actions=[Outcome(action) for action in body.actions],
        expires_in_s=body.expires_in,
    )
    log.info("link made", execution=str(link.execution), event_id=event_id)
    base = (served.settings.public_url or own_url()).rstrip("/")
    made = {
        "url": f"{base}{callback_path(signed)}",
        "expires_at": rfc3339(link.expires_at),
        "actions": [action.value for action in link.actions],
    }
    return answer(made, 201, {"Cache-Control": "no-store"})


def own_url() -> str:
    """Where the running request's client may find the service again, nobody having said: by the
    Host it sent if that is this machine's, else by the address that the server listens on."""
    if is_loopback(host_name(request.host)):
        return request.root_url
    host, port = cast(dict[str, Any], request.scope).get("server") or (LOCALHOST, None)
    shown = f"[{host}]" if ":" in host else host
    return f"{request.scheme}://{shown}{f':{port}' if port else ''}{request.root_path}"
