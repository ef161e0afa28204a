"""The shape of the document that news is sent as: what `news_documents` builds and the API
describes."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field

from handrail.core.protocol.document_shapes import Payload, StatusText, Time
from handrail.core.typed_dict import TypedDict

NewsType = Literal[
    "execution.started",
    "execution.succeeded",
    "execution.failed",
    "execution.timed_out",
    "execution.aborted",
    "execution.redriven",
    "execution.waiting",
    "state.entered",
    "state.succeeded",
    "state.failed",
    "state.caught",
    "state.timed_out",
    "state.waiting",
    "state.retried",
]
_Omitted = Annotated[
    Literal[True],
    Field(
        description="There is one, too long or too deep to be sent, or left out by AWS: ask for it."
    ),
]


class NewsTask(TypedDict):
    event_id: Annotated[int, Field(description="By which the task is settled.")]
    state: str
    link: Annotated[
        NotRequired[str | None],
        Field(description="A signed link that settles it, where the subscription asks for one."),
    ]
    link_omitted: Annotated[NotRequired[str], Field(description="Why there is no such link.")]


class NewsData(TypedDict):
    execution: str
    state_machine: str
    name: str
    status: Annotated[StatusText, Field(description="The execution's, by this event.")]
    event_id: Annotated[int, Field(description="The history event that this is news of.")]
    kinds: Annotated[
        list[str],
        Field(description="All that this event tells of what was asked for, as in `on`."),
    ]
    started_at: Time
    state: Annotated[NotRequired[str], Field(description="The state of the first such kind.")]
    error: NotRequired[str]
    cause: NotRequired[str]
    cause_omitted: NotRequired[_Omitted]
    input: Annotated[NotRequired[Payload], Field(description="The execution's, redacted.")]
    input_omitted: NotRequired[_Omitted]
    output: Annotated[NotRequired[Payload], Field(description="The execution's, redacted.")]
    output_omitted: NotRequired[_Omitted]
    task: Annotated[NotRequired[NewsTask], Field(description="The task that waits.")]
    links: Annotated[
        dict[str, str], Field(description="`self`: the execution, where the service has a URL.")
    ]


class NewsDocument(TypedDict):
    """One event of an execution's history, for somebody who asked for it."""

    type: NewsType
    id: Annotated[
        str,
        Field(description="`<execution>:<event id>`, which duplicates share, as `webhook-id`."),
    ]
    timestamp: Annotated[Time, Field(description="The event's own time.")]
    data: NewsData
