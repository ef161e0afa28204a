"""Tickets for WebSocket handshakes: a browser can send no header with them."""

from quart import Blueprint, Response
from quart_schema import document_response, tag_blueprint

from service.core.models import rfc3339
from service.core.principals import ANYBODY

from . import models
from .principal import principal
from .rendering import answer
from .services import services

tickets = Blueprint("tickets", __name__, url_prefix="/v1")
tag_blueprint(tickets, ["Live"])


@tickets.post("/ws-tickets")
@document_response(models.TicketModel, 201)
async def issue_ticket() -> Response:
    """Get a ticket for one WebSocket: `?ticket=` on its address, once, within 30 seconds.

    It opens the socket as the caller, until the caller's own credential expires.
    """
    ticket = await services().tickets.issue(principal() or ANYBODY)
    return answer(
        {"ticket": ticket.text, "expires_at": rfc3339(ticket.expires_at)},
        201,
        {"Cache-Control": "no-store"},
    )
