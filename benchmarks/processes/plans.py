"""What executions do, by the clock: which event becomes visible how long after the start.

The endpoint shows a history up to now, and the audience, which knows the plan and the start, tells
how late each event came. Both read the same wall clock.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

STATES = 30
SPAN_S = 60.0
LONGEST = 25_000
"""AWS keeps no more events of an execution."""

LONG_PAYLOAD_BYTES = 15_000
"""In two events of three: 10 KB an event."""
TOKEN = "@TOKEN@"
"""Stands in a plan where each execution has its own task token."""

APPROVAL = 3
"""The id of the TaskScheduled event that waits for a callback."""

ITEM = json.dumps({"order_id": "7f3c9a1e", "sku": "KB-101", "quantity": 1, "note": "x" * 160})
LAMBDA = {"resourceType": "lambda", "resource": "invoke"}
CALLBACK = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """`details` is a JSON member with its name, `bare` the same without payloads."""

    after_s: float
    previous: int
    type: str
    details: bytes
    bare: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """The history of every execution of one state machine."""

    machine: str
    definition: str
    events: Sequence[PlannedEvent]
    offsets: Sequence[float] = field(init=False)
    changes: Sequence[int] = field(init=False)
    """The ids of the events that change a state."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "offsets", [each.after_s for each in self.events])
        moved = ("StateEntered", "StateExited")
        changes = [id for id, each in enumerate(self.events, 1) if each.type.endswith(moved)]
        object.__setattr__(self, "changes", changes)

    def visible(self, age_s: float) -> int:
        """How many events are."""
        return bisect_right(self.offsets, age_s)

    @property
    def ends(self) -> bool:
        return self.events[-1].type == "ExecutionSucceeded"


def event(
    after_s: float, type: str, *, previous: int, of: str, payload: str = "", **details: object
) -> PlannedEvent:
    """`of` names the details' member; `payload` is the name of the one that holds ITEM."""
    whole = {**details, payload: ITEM} if payload else details
    bare = {name: value for name, value in details.items() if name != "parameters"}
    return PlannedEvent(after_s, previous, type, _member(of, whole), _member(of, bare))


@cache
def plan(name: str) -> Plan:
    """By name: `steps` changes all the time, `waits` for a callback, `long` is as long as can be.
    `steps:10:20` has ten states in twenty seconds, `long:1000` a thousand events."""
    kind, *numbers = name.split(":")
    if kind == "steps":
        states, span_s = (int(numbers[0]), float(numbers[1])) if numbers else (STATES, SPAN_S)
        return Plan("steps", _definition(states), list(_steps(states, span_s)))
    if kind == "waits":
        return Plan("waits", _waiting_definition(), list(_waits()))
    size = int(numbers[0]) if numbers else LONGEST
    return Plan("long", _definition(1), list(_long(size)))


def approved(after_s: float, previous: int) -> list[PlannedEvent]:
    """What follows once the task of `waits` is settled."""
    return [
        event(
            after_s,
            "TaskSucceeded",
            previous=APPROVAL,
            of="taskSucceeded",
            payload="output",
            **CALLBACK,
        ),
        event(
            after_s,
            "TaskStateExited",
            previous=previous + 1,
            of="stateExited",
            payload="output",
            name="Approve",
        ),
        event(
            after_s,
            "ExecutionSucceeded",
            previous=previous + 2,
            of="executionSucceeded",
            payload="output",
        ),
    ]


def stopped(after_s: float, previous: int) -> PlannedEvent:
    """What a stop ends the history with."""
    return event(after_s, "ExecutionAborted", previous=previous, of="executionAborted")


def _steps(states: int, span_s: float) -> Iterator[PlannedEvent]:
    """Each state enters as the one before it exits: five events a state."""
    yield _started()
    each_s, id = span_s / states, 1
    for number in range(states):
        at, until, name = number * each_s, (number + 1) * each_s, f"Step{number:02d}"
        first = id + 1
        yield event(
            at,
            "TaskStateEntered",
            previous=0 if number == 0 else id,
            of="stateEntered",
            payload="input",
            name=name,
        )
        yield _scheduled(at, first, LAMBDA, ITEM)
        yield event(at, "TaskStarted", previous=first + 1, of="taskStarted", **LAMBDA)
        yield event(
            until,
            "TaskSucceeded",
            previous=first + 2,
            of="taskSucceeded",
            payload="output",
            **LAMBDA,
        )
        yield event(
            until,
            "TaskStateExited",
            previous=first + 3,
            of="stateExited",
            payload="output",
            name=name,
        )
        id = first + 4
    yield event(
        span_s, "ExecutionSucceeded", previous=id, of="executionSucceeded", payload="output"
    )


def _waits() -> Iterator[PlannedEvent]:
    yield _started()
    yield event(
        0, "TaskStateEntered", previous=0, of="stateEntered", payload="input", name="Approve"
    )
    message = {"QueueUrl": "approvals", "MessageBody": {"TaskToken": TOKEN}}
    yield _scheduled(0, 2, CALLBACK, json.dumps(message))
    yield event(0, "TaskStarted", previous=3, of="taskStarted", **CALLBACK)
    yield event(0, "TaskSubmitted", previous=4, of="taskSubmitted", payload="output", **CALLBACK)


def _long(size: int) -> Iterator[PlannedEvent]:
    """One task that is tried again and again; all of it is visible at once."""
    text = json.dumps("x" * LONG_PAYLOAD_BYTES)
    yield _started()
    yield event(
        0, "TaskStateEntered", previous=0, of="stateEntered", payload="input", name="Step00"
    )
    scheduled, started = _scheduled(0, 2, LAMBDA, text), _details_of("taskStarted", LAMBDA)
    failed = _details_of("taskFailed", {**LAMBDA, "error": "Busy", "cause": text})
    bare = _details_of("taskFailed", {**LAMBDA, "error": "Busy"})
    for id in range(3, size + 1):
        match id % 3:
            case 0:
                yield PlannedEvent(0, id - 1, scheduled.type, scheduled.details, scheduled.bare)
            case 1:
                yield PlannedEvent(0, id - 1, "TaskStarted", started, started)
            case _:
                yield PlannedEvent(0, id - 1, "TaskFailed", failed, bare)


def _started() -> PlannedEvent:
    return event(
        0, "ExecutionStarted", previous=0, of="executionStarted", payload="input", roleArn="r"
    )


def _scheduled(
    after_s: float, previous: int, task: dict[str, str], parameters: str
) -> PlannedEvent:
    return event(
        after_s,
        "TaskScheduled",
        previous=previous,
        of="taskScheduled",
        region="us-east-1",
        parameters=parameters,
        **task,
    )


def _details_of(of: str, details: dict[str, str]) -> bytes:
    return _member(of, details)


def _member(of: str, details: object) -> bytes:
    return f'"{of}EventDetails":{json.dumps(details)}'.encode()


def _definition(states: int) -> str:
    names = [f"Step{number:02d}" for number in range(states)]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "step", "Payload.$": "$"},
    }
    following = [{"Next": name} for name in names[1:]] + [{"End": True}]
    return json.dumps(
        {
            "StartAt": names[0],
            "States": {
                name: {**task, **after} for name, after in zip(names, following, strict=True)
            },
        }
    )


def _waiting_definition() -> str:
    message = {"QueueUrl": "approvals", "MessageBody": {"TaskToken.$": "$$.Task.Token"}}
    approve = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": message,
        "End": True,
    }
    return json.dumps({"StartAt": "Approve", "States": {"Approve": approve}})
