"""Answers the history by long-poll, and a socket's messages as server-sent events."""

import asyncio
from functools import partial
from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response, request
from quart_schema import document_headers, document_querystring, document_response, tag_blueprint

from handrail.core.apigateway import SubscriptionRequest
from handrail.core.errors import CursorUnknown, StreamingUnavailable
from handrail.core.history.events import EventDocument, event_document
from handrail.core.models import Cursor, ExecutionId
from handrail.core.protocol.client_messages import ONLY, Level
from handrail.core.protocol.progress_shapes import ProgressDocument
from handrail.core.typed_dict import TypedDict
from handrail.usecases.lag import REQUEST_S
from handrail.usecases.live import Feed
from handrail.web.auth import at_expiry, principal, principal_name
from handrail.web.docs import requests
from handrail.web.live.sse import EventStream
from handrail.web.quart_patches.deadlines import buffered, within
from handrail.web.quart_patches.shedding import only_waits, waiting
from handrail.web.rendering import NO_STORE, answer, read_query
from handrail.web.request_record import record
from handrail.web.services import Services, services

events = Blueprint("events", __name__, url_prefix="/v1/executions/<execution:execution>")
tag_blueprint(events, ["Live"])

HEADERS = {**NO_STORE, "X-Accel-Buffering": "no"}
NOT_STREAMED = (
    "Answers go out whole here. Ask `events` with ?wait=20 again and again, each time after the"
    " cursor it answered, or open a WebSocket at `ws` where there is one."
)


class EventList(TypedDict):
    events: list[EventDocument]
    cursor: str
    complete: Annotated[bool, Field(description="The execution ended and this is all of it.")]
    progress: Annotated[
        ProgressDocument | None,
        Field(description="As the snapshot has it now, whichever events these are."),
    ]


@events.get("/events")
@document_response(EventList)
@document_querystring(requests.EventsQuery)
async def list_events(execution: str) -> Response:
    """List history events after a cursor, secrets redacted; `?wait=` long-polls for the next."""
    served, query = services(), read_query(requests.EventsQuery)
    after = Cursor.parse(query.after) if query.after else None
    patience_s, who = within(max(REQUEST_S, query.wait)), principal_name()
    watching = served.hub.watching(
        execution, after=after, principal=who, patience_s=patience_s, waits=query.wait > 0
    )
    async with watching as watcher:
        feed, position = watcher.require_feed(), after.event_id if after else 0
        if after and not after.belongs_to(feed.epoch):
            raise CursorUnknown("This cursor belongs to an earlier execution of the same name.")
        if query.wait and not _more(feed, position):
            with waiting(), served.metrics.socket("long_poll"):
                until, timeout_s = served.hub.wait_until, within(query.wait)
                more = partial(_more, position=position)
                await until(watcher, more, timeout_s=timeout_s, level=Level.EVENTS)
        found = await watcher.history.events(position, limit=query.limit)
        reached = found[-1].id if found else position
        record().execution, record().messages = str(watcher.id), found.__len__
        shown: EventList = {
            "events": [event_document(event) for event in found],
            "cursor": str(feed.cursor(reached)),
            "complete": feed.ended and reached == feed.position,
            "progress": feed.shown_progress(),
        }
        return answer(shown)


@events.get("/stream")
@document_querystring(requests.StreamQuery)
@document_headers(requests.StreamHeaders)
async def stream(execution: str) -> Response:
    """Stream an execution as server-sent events.

    The WebSocket's messages as `data`, their cursors as `id`."""
    served, query = services(), read_query(requests.StreamQuery)
    if buffered():
        links = served.addresses.of_execution(ExecutionId.parse(execution))
        shown = ("events", "ws") if served.addresses.socket_url is not None else ("events",)
        facts = {name: links[name] for name in shown if name in links}
        raise StreamingUnavailable(NOT_STREAMED, facts=facts)
    last = request.headers.get("Last-Event-ID")
    only = SubscriptionRequest(ONLY, execution, query.level, last or query.after)
    stream = EventStream(served.hub, only, served.clock, principal_name())
    record().execution, record().messages = str(ExecutionId.parse(execution)), stream.told
    _close_with_request(served, stream)
    served.sockets.add(stream, principal())
    only_waits()
    if await stream.opened() and last and await stream.nothing_left(last):
        return Response(b"", 204)
    if request.method == "HEAD":
        return Response(b"", content_type="text/event-stream", headers=HEADERS)
    response = Response(stream.frames(), content_type="text/event-stream", headers=HEADERS)
    response.timeout = None
    return response


def _close_with_request(served: Services, stream: EventStream) -> None:
    """However it ends: a client may be gone before the first byte, and a generator never begun."""
    stop_waiting = at_expiry(principal(), stream.expire)

    def close(_: object) -> None:
        stop_waiting()
        stream.close()
        served.sockets.remove(stream)

    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a handler runs in its request's task
    task.add_done_callback(close)


def _more(feed: Feed, position: int) -> bool:
    """Whether there is something to tell, be it the end; not to a client ahead of lagging reads."""
    return feed.position > position or (feed.ended and feed.position == position)
