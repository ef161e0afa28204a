"""The shape of an execution's progress."""

from typing import Annotated

from pydantic import Field

from handrail.core.typed_dict import TypedDict


class ProgressDocument(TypedDict):
    """How far an execution is, how long it still takes, and what it came to. As `progress` of
    snapshots, and of an update's `execution` when it changed."""

    fraction: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            description="How far it is: 1 as soon as it has ended, however (its status tells), and "
            "never goes back but by a redrive. Null while its definition is unknown.",
        ),
    ]
    remaining_s: Annotated[
        float | None,
        Field(
            ge=0,
            description="Seconds that it still takes, by those of its state machine that succeeded "
            "last; 0 when it has ended. Null while that is unknown, and when it is overdue.",
        ),
    ]
    typical_s: Annotated[
        float | None,
        Field(
            ge=0,
            description="Seconds that half of those that succeeded last took at most. Null while "
            "that is unknown.",
        ),
    ]
    overdue: Annotated[
        bool, Field(description="Runs longer than half of those that succeeded last.")
    ]
    transitions: Annotated[
        int | None,
        Field(
            description="State transitions that AWS bills so far, each retry and redrive included; "
            "without those of executions that it started. Null for Express."
        ),
    ]
    usd: Annotated[
        float | None,
        Field(
            description="What they cost, by US East prices, without the free tier. For Express: "
            "its request and its duration with 64 MB, the least that AWS bills."
        ),
    ]
    at_least: Annotated[
        bool,
        Field(
            description="It may come to more than is counted: a distributed Map's children are one "
            "transition each, beside their own cost; an Express execution may take more memory."
        ),
    ]
    events: Annotated[int, Field(description="Events of its history so far.")]
    events_left: Annotated[
        int | None,
        Field(description="Events until AWS fails it, at 25,000. Null for Express: no limit."),
    ]
    warning: Annotated[
        str | None, Field(description="What to do, where four fifths of the events are used up.")
    ]


Progress = Annotated[
    ProgressDocument | None,
    Field(description="Null where nothing of its history was read, as in the answer to a start."),
]
