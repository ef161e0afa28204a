"""Takes the status changes that EventBridge's API destination sends. They are a hint to read again,
and believed in nothing; the key they come with is nobody's, and opens nothing else.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html"""

from typing import Annotated, Literal

from pydantic import Field
from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from handrail.core.access.principals import Credential
from handrail.core.errors import (
    FieldError,
    InvalidRequest,
    StatusChangesUnavailable,
    Unauthenticated,
)
from handrail.core.pushes import PushedStatus, Unreadable, parse_status
from handrail.core.typed_dict import TypedDict
from handrail.usecases.status_nudges import Taken
from handrail.web import audit
from handrail.web.docs import requests
from handrail.web.rendering import answer, read_event
from handrail.web.services import services
from handrail.web.webhook_signatures import EVENTS_KEY

aws_events = Blueprint("aws_events", __name__, url_prefix="/v1")
tag_blueprint(aws_events, ["Live"])

NOT_SET = "Status changes by HTTP need a key: set HANDRAIL_EVENTS_SECRET."
NOT_OPENED = f"Send the key of HANDRAIL_EVENTS_SECRET as {EVENTS_KEY}."
KIND = ("aws.states", "Step Functions Execution Status Change")


class StatusChangeDocument(TypedDict):
    """What became of an event. Only one that `nudged` has anybody's execution read again."""

    outcome: Annotated[
        Literal["nudged", "repeated", "ignored"],
        Field(
            description="Ignored is what is no status change of an execution, or of one that isn't"
            " served here: of another account, region or state machine."
        ),
    ]


@aws_events.post("/events/aws")
@document_request(requests.AwsEventRequest)
@document_response(StatusChangeDocument, 202)
async def take_status_change() -> Response:
    """Take an event of EventBridge's: a status change of an execution has whoever watches that read
    its history now.

    Nothing of it is believed or shown. The header X-Handrail-Events-Key, or `Authorization:
    Bearer`, is the credential. The same event again does nothing more."""
    _check_key()
    event = await read_event(requests.AwsEventRequest)
    change = _change_in(event)
    taken = await services().status_nudges.take(event.id, change)
    id = None if change is None or taken is Taken.IGNORED else change.execution
    audit.done(id, again=taken is Taken.REPEATED, via="eventbridge", taken=taken.value)
    return answer(StatusChangeDocument(outcome=taken.value), 202)


def _check_key() -> None:
    """Raises StatusChangesUnavailable, Unauthenticated."""
    keys, headers = services().status_nudges.keys, request.headers
    if not keys:
        raise StatusChangesUnavailable(NOT_SET)
    shown = Credential.shown(headers.get("Authorization"), headers.get(EVENTS_KEY))
    if not keys.opened_by(shown.bearer or shown.key or ""):
        raise Unauthenticated(NOT_OPENED)


def _change_in(event: requests.AwsEventRequest) -> PushedStatus | None:
    """None for an event of another kind. Raises InvalidRequest."""
    if (event.source, event.detail_type) != KIND:
        return None
    try:
        return parse_status(event.model_dump(by_alias=True))
    except Unreadable as error:
        raise InvalidRequest(str(error), errors=[FieldError("detail", str(error))]) from None
