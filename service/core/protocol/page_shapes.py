"""The shapes of the pages that show one state: its visits, and a Map's items."""

from typing import Annotated

from pydantic import Field

from handrail.core.models import Json
from handrail.core.typed_dict import TypedDict

from .document_shapes import ItemsDocument, StateStatusText, StatusText, Time, Truncated
from .paths import Links


class EnclosingDocument(TypedDict):
    """A Map iteration or a branch of a Parallel."""

    state: Annotated[str, Field(description="The Map's name, or the Parallel's.")]
    type: str
    index: Annotated[
        int | None, Field(description="From 0: the item's, or the branch's; null if unknown.")
    ]


class VisitDocument(TypedDict):
    """One entry into a state, redacted as events are."""

    state: str
    type: str
    status: StateStatusText
    entered_at: Time
    exited_at: Annotated[Time | None, Field(description="When it ended, however; null if open.")]
    input: Json
    output: Annotated[Json, Field(description="Null unless the visit was exited.")]
    input_truncated: Truncated
    output_truncated: Truncated
    error: Annotated[str | None, Field(description="Of the newest attempt, where that failed.")]
    cause: str | None
    attempts: Annotated[int, Field(description="Tries so far: retries and redrives included.")]
    child_execution: Annotated[
        str | None, Field(description="What its newest attempt started by states:startExecution.")
    ]
    event_ids: Annotated[list[int], Field(description="The history events that tell of it.")]
    within: Annotated[
        list[EnclosingDocument],
        Field(description="The Map iterations and Parallel branches around it, outermost first."),
    ]


class PageDocument(TypedDict):
    """`next_page` stays good while the execution goes on: a page begins behind what was shown."""

    state: str
    child_executions_of: Annotated[
        str | None,
        Field(
            description="The distributed Map around this state, which runs in the executions that "
            "the Map's items list; null for all other states."
        ),
    ]
    next_page: str | None
    cursor: Annotated[str, Field(description="What the execution was read up to.")]


class VisitListDocument(PageDocument):
    """Newest first, fifty at most, fewer where their payloads are large."""

    visits: list[VisitDocument]


class TimelineVisitDocument(TypedDict):
    """One entry into a state, without payloads: `visits` of one state have those."""

    state: str
    type: str
    status: StateStatusText
    entered_at: Time
    exited_at: Annotated[Time | None, Field(description="When it ended, however; null if open.")]
    attempts: Annotated[int, Field(description="Tries so far: retries and redrives included.")]
    event_id: Annotated[int, Field(description="The event by which the state was entered.")]
    within_event_id: Annotated[
        int | None,
        Field(description="The event by which the Map or Parallel around it was entered."),
    ]
    iteration: Annotated[int | None, Field(description="Of the Map around it, from 0.")]


class TimelineDocument(TypedDict):
    """In the order of entry, a thousand at most."""

    visits: list[TimelineVisitDocument]
    total: Annotated[int, Field(description="All visits of the execution so far.")]
    next_page: str | None
    cursor: Annotated[str, Field(description="What the execution was read up to.")]


class MapItemDocument(TypedDict):
    """An inline Map's iteration, in its newest attempt, or a distributed Map's child execution."""

    index: Annotated[int | None, Field(description="From 0; null for a child execution.")]
    name: Annotated[str | None, Field(description="The child execution's name.")]
    status: StatusText
    started_at: Time
    stopped_at: Time | None
    error: Annotated[
        str | None, Field(description="Null for a child execution: its own snapshot says it.")
    ]
    cause: str | None
    execution: Annotated[str | None, Field(description="The child execution.")]
    map_event_id: Annotated[int, Field(description="The event by which the Map was entered.")]
    within: Annotated[
        list[EnclosingDocument],
        Field(description="The Map iterations and Parallel branches around the Map."),
    ]
    links: Links


class MapItemListDocument(PageDocument):
    """An inline Map's by index, a distributed Map's newest first; the newest visit before others.
    Items that haven't begun aren't listed: `counts.total` tells of them."""

    items: list[MapItemDocument]
    counts: Annotated[ItemsDocument | None, Field(description="Of all the Map's visits.")]
    unlisted: Annotated[str | None, Field(description="Why items aren't listed, if they aren't.")]
