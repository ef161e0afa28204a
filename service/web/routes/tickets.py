"""Issues tickets for WebSocket handshakes: a browser can send no header with them."""

from quart import Blueprint, Response
from quart_schema import document_response, tag_blueprint

from service.core.access.principals import ANYBODY
from service.core.models import rfc3339
from service.core.protocol.document_shapes import Time
from service.core.typed_dict import TypedDict
from service.web.auth import principal
from service.web.rendering import NO_STORE, answer
from service.web.services import services

tickets = Blueprint("tickets", __name__, url_prefix="/v1")
tag_blueprint(tickets, ["Live"])


class TicketDocument(TypedDict):
    """For one WebSocket handshake, as `?ticket=`."""

    ticket: str
    expires_at: Time


@tickets.post("/ws-tickets")
@document_response(TicketDocument, 201)
async def issue_ticket() -> Response:
    """Get a ticket for one WebSocket: `?ticket=` on its address, once, within 30 seconds.

    It opens the socket as the caller, until the caller's own credential expires.
    """
    ticket = await services().tickets.issue(principal() or ANYBODY)
    shown = TicketDocument(ticket=ticket.text, expires_at=rfc3339(ticket.expires_at))
    return answer(shown, 201, NO_STORE)
