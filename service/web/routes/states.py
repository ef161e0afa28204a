"""Shows an execution visit by visit: one state's visits, a Map's items, and all in a timeline or as
spans of a trace."""

from quart import Blueprint, Response
from quart_schema import document_querystring, document_response, tag_blueprint

from handrail.core.models import Cursor
from handrail.core.protocol import page_shapes
from handrail.core.protocol.trace_document import TraceDocument
from handrail.usecases.state_pages import PageRequest
from handrail.usecases.timelines import TimelineRequest
from handrail.web.access import EXECUTION
from handrail.web.auth import principal_name
from handrail.web.docs import requests
from handrail.web.rendering import answer, read_query
from handrail.web.services import services

states = Blueprint("states", __name__)
tag_blueprint(states, ["Executions"])


@states.get(f"{EXECUTION}/visits")
@document_response(page_shapes.VisitListDocument)
@document_querystring(requests.VisitsQuery)
async def list_visits(execution: str) -> Response:
    """List one state's visits, newest first, with their payloads.

    All visits: of every loop, Map iteration and branch, of which `within` tells. A history that
    isn't in memory whole is read again for each page, a call to AWS for every thousand events."""
    query = read_query(requests.VisitsQuery)
    return answer(await services().states.visits(_asked(execution, query)))


@states.get(f"{EXECUTION}/items")
@document_response(page_shapes.MapItemListDocument)
@document_querystring(requests.ItemsQuery)
async def list_items(execution: str) -> Response:
    """List a Map's items: an inline Map's iterations, a distributed Map's child executions."""
    query = read_query(requests.ItemsQuery)
    return answer(await services().states.items(_asked(execution, query), query.status))


@states.get(f"{EXECUTION}/timeline")
@document_response(page_shapes.TimelineDocument)
@document_querystring(requests.TimelineQuery)
async def list_timeline(execution: str) -> Response:
    """List all visits of all states in the order of entry, without payloads: when it was where.

    With `since`, a cursor, only visits that began or changed behind it. A history that isn't in
    memory whole is read again for each page, a call to AWS for every thousand events."""
    query = read_query(requests.TimelineQuery)
    since, after = (Cursor.parse(text) if text else None for text in (query.since, query.after))
    asked = TimelineRequest(execution, query.page, since, after, principal_name())
    return answer(await services().timelines.page(asked))


@states.get(f"{EXECUTION}/trace")
@document_response(TraceDocument)
@document_querystring(requests.TraceQuery)
async def show_trace(execution: str) -> Response:
    """Show the execution as spans of a trace, in OTLP's JSON: each visit, its attempts and waits,
    Map iterations, Parallel branches and redrives.

    Ids are the same whenever it is asked for. Spans hold no payload and no cause. What goes on ends
    with the newest event and says `handrail.running`; of very long executions the first span says
    `handrail.spans_dropped`. AWS is asked once for the trace that the execution was started in, and
    for a history that isn't in memory whole, a call for every thousand events."""
    query = read_query(requests.TraceQuery)
    after = Cursor.parse(query.after) if query.after else None
    spans = services().spans
    return answer(await spans.document(execution, after=after, principal=principal_name()))


def _asked(execution: str, query: requests.VisitsQuery) -> PageRequest:
    after = Cursor.parse(query.after) if query.after else None
    return PageRequest(execution, query.state, query.page, after, principal_name())
