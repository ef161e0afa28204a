"""A long history as GetExecutionHistory answers it: a Map whose iterations interleave, with tasks
that fail and are retried, and one callback in fifty."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from handrail.core.definition.definition import Definition
from handrail.core.models import Json

LONGEST = 25_000
"""AWS keeps no more events of an execution."""

SIDE_BY_SIDE = 40
ITEM = json.dumps({"order_id": "7f3c9a1e", "sku": "KB-101", "quantity": 1, "note": "x" * 160})
LAMBDA = {"resourceType": "lambda", "resource": "invoke"}
CALLBACK = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}
STATES = ("Reserve", "Charge", "Notify")
BEGAN_AT = 1_767_225_600.0
Event = dict[str, Json]


def _task_state(after: str | None) -> dict[str, Json]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"TaskToken.$": "$$.Task.Token", "Item.$": "$.item", "Attempt": 0},
        **({"Next": after} if after else {"End": True}),
    }


_iterated = {
    name: _task_state(after) for name, after in zip(STATES, (*STATES[1:], None), strict=True)
}
_each_order = {
    "Type": "Map",
    "ItemProcessor": {"StartAt": STATES[0], "States": _iterated},
    "End": True,
}
DEFINITION = Definition.parse(
    json.dumps({"StartAt": "EachOrder", "States": {"EachOrder": _each_order}})
)
"""What the history is of; it tells where the tokens stand."""


def synthetic(size: int = LONGEST) -> list[Event]:
    """So many events in AWS's own shape; the Map is still running at the end."""
    return list(islice(_numbered(), size))


def _numbered() -> Iterator[Event]:
    for id, (previous, type, details) in enumerate(_written(), 1):
        event: Event = {
            "id": id,
            "previousEventId": previous,
            "type": type,
            "timestamp": BEGAN_AT + id / 100,
        }
        yield event | details


def _written() -> Iterator[tuple[int, str, dict[str, Json]]]:
    """The event each one points at, its type and its details. Iterations take turns."""
    yield 0, "ExecutionStarted", _details("executionStarted", input=ITEM)
    yield 0, "MapStateEntered", _details("stateEntered", name="EachOrder", input=ITEM)
    yield 2, "MapStateStarted", _details("mapStateStarted", length=LONGEST)
    id, started = 3, 0
    open_: list[list[Any]] = []
    while True:
        while len(open_) < SIDE_BY_SIDE:
            open_.append([_iteration(started), 3])
            started += 1
        for line in tuple(open_):
            step = next(line[0], None)
            if step is None:
                open_.remove(line)
                continue
            id += 1
            yield line[1], step[0], step[1]
            line[1] = id


def _iteration(index: int) -> Iterator[tuple[str, dict[str, Json]]]:
    item = {"name": "EachOrder", "index": index}
    yield "MapIterationStarted", _details("mapIterationStarted", **item)
    for number, state in enumerate(STATES):
        yield "TaskStateEntered", _details("stateEntered", name=state, input=ITEM)
        yield from _task(index + number)
        yield "TaskStateExited", _details("stateExited", name=state, output=ITEM)
    yield "MapIterationSucceeded", _details("mapIterationSucceeded", **item)


def _task(turn: int) -> Iterator[tuple[str, dict[str, Json]]]:
    """One attempt in ten fails and is made again; one task in fifty waits for a callback."""
    task = CALLBACK if turn % 50 == 0 else LAMBDA
    token = {"TaskToken": f"{turn:08d}" * 25, "Item": ITEM} if task is CALLBACK else {"Item": ITEM}
    for attempt in range(2 if turn % 10 == 0 else 1):
        parameters = json.dumps({"Attempt": attempt, **token})
        yield "TaskScheduled", _details("taskScheduled", **task, parameters=parameters)
        yield "TaskStarted", _details("taskStarted", **task)
        if attempt == 0 and turn % 10 == 0:
            yield "TaskFailed", _details("taskFailed", **task, error="Busy", cause="try again")
        else:
            yield "TaskSucceeded", _details("taskSucceeded", **task, output=ITEM)


def _details(of: str, **details: Json) -> dict[str, Json]:
    return {f"{of}EventDetails": details}
