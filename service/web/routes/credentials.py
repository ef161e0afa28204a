"""Makes credentials for browsers, which should hold no more than they need: tokens, and tickets for
one socket or event stream; and tells a caller what its own credential opens."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import document_request, document_response, tag_blueprint

from handrail.core.access.narrowing import Narrowing, narrowed, reader_of
from handrail.core.access.principals import Principal
from handrail.core.errors import ExecutionNotFound, StateMachineNotFound
from handrail.core.models import Account, ExecutionId, rfc3339
from handrail.core.protocol.document_shapes import CredentialDocument, Time
from handrail.core.typed_dict import TypedDict
from handrail.web import audit
from handrail.web.auth import caller
from handrail.web.docs import requests
from handrail.web.rendering import NO_STORE, answer, read_body
from handrail.web.services import services

credentials = Blueprint("credentials", __name__, url_prefix="/v1")
tag_blueprint(credentials, ["Access"])


class TicketDocument(TypedDict):
    """For one WebSocket or event stream, as `?ticket=`."""

    ticket: str
    expires_at: Time


class OpenedDocument(TypedDict):
    """What a credential opens: by its scopes, all of these state machines, and these executions
    besides."""

    scopes: list[str]
    machines: Annotated[list[str], Field(description="Patterns over names: `*` is every one.")]
    executions: list[str]


class NarrowedTokenDocument(CredentialDocument, OpenedDocument):
    """The token, and what is left of what was asked for: its maker may have less."""


class MeDocument(OpenedDocument):
    """Who the caller is, and what its credential opens until when."""

    principal: Annotated[
        str | None, Field(description="A key's name, a token's `sub`; null where nobody is asked.")
    ]
    expires_at: Time | None


@credentials.post("/ws-tickets")
@document_request(requests.TicketRequest)
@document_response(TicketDocument, 201)
async def issue_ticket() -> Response:
    """Get a ticket for one WebSocket or event stream.

    It is `?ticket=` on an address, once, within 30 seconds, and opens what the caller may see, as
    far as the body says, until the caller's own credential expires. Without a body: all of it."""
    served, body = services(), await read_body(requests.TicketRequest)
    who = await _narrowed(body.narrowing())
    ticket = await served.tickets.issue(who)
    audit.done(**_opened(who))
    shown = TicketDocument(ticket=ticket.text, expires_at=rfc3339(ticket.expires_at))
    return answer(shown, 201, NO_STORE)


@credentials.post("/tokens")
@document_request(requests.NarrowedTokenRequest)
@document_response(NarrowedTokenDocument, 201)
async def issue_token() -> Response:
    """Make a token for one browser: it opens no more than it names, nor than its maker may.

    It is a Bearer token for requests, `?token=` for sockets and event streams, and the token of an
    `init`. Nothing keeps it: it is good at any replica until it expires."""
    served, body = services(), await read_body(requests.NarrowedTokenRequest)
    served.narrowed.check_available()
    who = await _narrowed(body.narrowing())
    shown = NarrowedTokenDocument(**_issued(who), **_opened(who))
    audit.done(expires_at=shown["expires_at"], **_opened(who))
    return answer(shown, 201, NO_STORE)


@credentials.get("/me")
@document_response(MeDocument)
async def show_caller() -> Response:
    """Tell who the caller is, and what the credential opens."""
    who = caller()
    ends_at = rfc3339(who.expires_at) if who.expires_at else None
    shown = MeDocument(principal=who.name or None, **_opened(who), expires_at=ends_at)
    return answer(shown, 200, NO_STORE)


def credential_for(id: ExecutionId) -> CredentialDocument:
    """A token that reads this one execution, for whoever is to watch what the caller started."""
    return _issued(reader_of(caller(), id, services().narrowed.clock.now()))


async def _narrowed(to: Narrowing) -> Principal:
    """The caller, narrowed. Raises what `narrowed` does, also for an ARN of another account: what
    has the same name here isn't what was named."""
    who = narrowed(caller(), to, services().narrowed.clock.now())
    kinds = ((to.executions, ExecutionNotFound), (to.machines, StateMachineNotFound))
    for references, missing in kinds:
        arns = [each for each in references or () if each.startswith("arn:")]
        if arns and {*map(Account.of, arns)} != {await services().catalogue.account()}:
            raise missing("An ARN names what is in another account or region.")
    return who


def _issued(who: Principal) -> CredentialDocument:
    ends_at: datetime | None = who.expires_at
    assert ends_at is not None  # noqa: S101 - every narrowing that is issued says how long
    return CredentialDocument(token=services().narrowed.issue(who), expires_at=rfc3339(ends_at))


def _opened(who: Principal) -> OpenedDocument:
    return OpenedDocument(
        scopes=[str(grant) for grant in who.grants],
        machines=[*who.machines],
        executions=[*who.executions],
    )
