"""Messages in parts: each fits, and together they say what the whole said."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.client.retrying import next_cursor
from service.client.view import View, apply
from service.core.messages import Message, json_bytes
from service.core.models import ExecutionId
from service.core.splitting import START_OVER, split

ID = ExecutionId("orders", "one")
LIMIT = 8192
BEFORE, AFTER = "1795329649620:24", "1795329649620:48"
FIELDS = ("status", "started_at", "stopped_at", "input", "output", "error", "cause")

Document = dict[str, Any]


def sized(largest: int) -> st.SearchStrategy[str]:
    """Texts of any length up to this, and of any number of bytes a character."""
    sizes = st.integers(0, largest) | st.sampled_from([0, 1, largest])
    return st.builds(lambda char, size: char * size, st.sampled_from('a"é\x01\U0001f980'), sizes)


payloads = st.none() | st.booleans() | sized(9000) | st.builds(lambda t: {"a": [t, t]}, sized(4000))
errors = st.none() | st.builds(
    lambda error, cause: {"error": error, "cause": cause}, sized(100), sized(9000)
)
names = st.text("ab.\U0001f980 ", min_size=1, max_size=20)


def state(name: str, error: Document | None, entered: int) -> Document:
    return {"state": name, "type": "Task", "entered": entered, "last_error": error, "items": None}


states = st.lists(
    st.builds(state, names, errors, st.integers(1, 9)), max_size=40, unique_by=lambda s: s["state"]
)
tasks = st.lists(
    st.builds(lambda n, text: {"event_id": n, "resource": text}, st.integers(1, 9), sized(300)),
    max_size=40,
)
events = st.lists(
    st.builds(
        lambda texts: {"type": "TaskFailed", "task_failed_event_details": texts},
        st.dictionaries(st.sampled_from(["error", "cause", "resource"]), sized(9000)),
    ),
    max_size=30,
).map(lambda found: [{"id": number, **event} for number, event in enumerate(found, 1)])
fields = st.fixed_dictionaries(
    {name: st.text(max_size=20) if name in FIELDS[:3] else payloads for name in FIELDS}
)
snapshots = st.builds(
    lambda fields, states, tasks: {
        "execution": str(ID),
        **fields,
        "cursor": AFTER,
        "states": states,
        "tasks": tasks,
        "links": {"self": "/v1/executions/orders:one"},
    },
    fields,
    states,
    tasks,
)
replacing = st.builds(
    lambda head, snapshot: {**head, "id": "s1", "snapshot": snapshot, "cursor": AFTER},
    st.sampled_from(
        [{"type": "subscribed", "recovered": False}, {"type": "reset", "reason": "Too far behind."}]
    ),
    snapshots,
)
updates = st.builds(
    lambda execution, lists: {
        "type": "update",
        "id": "s1",
        "execution": execution,
        **lists,
        "cursor": AFTER,
    },
    st.dictionaries(st.sampled_from(FIELDS), payloads),
    st.fixed_dictionaries({}, optional={"states": states, "tasks": tasks, "events": events}),
)
outcomes = st.builds(
    lambda fields: {
        "type": "complete",
        "id": "s1",
        **{name: fields[name] for name in ("status", "output", "error", "cause")},
        "cursor": AFTER,
    },
    fields,
)
anything = replacing | updates | outcomes
fewer = settings(max_examples=60)


def parts_of(document: Document, limit: int = LIMIT) -> list[Document]:
    message = Message(json_bytes(document), document["cursor"])
    parts = split(message, limit, id=ID, since=BEFORE)
    read = [json.loads(part.text) for part in parts]
    assert [part.cursor for part in parts] == [part["cursor"] for part in read]
    return read


def told(view: View, documents: Sequence[Document]) -> View:
    for document in documents:
        view = apply(view, document)
    return view


def left_out(parts: Sequence[Document]) -> set[str]:
    return {name for part in parts for name in part.get("omitted", ())}


def known(view: View, omitted: set[str]) -> Document:
    """What a client holds, but for what it was told that it doesn't."""
    shown = {name: text for name, text in view.execution.items() if name != "cursor"}
    states = {}
    for name, found in view.states.items():
        unknown = {f"states.{name}.last_error", f"states.{name}.last_error.cause"} & omitted
        states[name] = {**found, "last_error": None} if unknown else dict(found)
    return {
        "execution": {n: v for n, v in shown.items() if f"execution.{n}" not in omitted},
        "states": states,
        "tasks": () if "tasks" in omitted else view.tasks,
    }


earlier = st.just(View()) | snapshots.map(
    lambda snapshot: apply(View(), {"type": "reset", "snapshot": snapshot})
)


@fewer
@given(anything)
def test_every_part_fits(document: Document) -> None:
    for part in parts_of(document):
        assert len(json_bytes(part)) <= LIMIT


@fewer
@given(earlier, anything)
def test_the_parts_say_what_the_whole_said_but_for_what_they_name(
    view: View, document: Document
) -> None:
    parts = parts_of(document)
    omitted = left_out(parts)
    assert known(told(view, parts), omitted) == known(told(view, [document]), omitted)


@fewer
@given(earlier, anything)
def test_parts_told_twice_change_nothing(view: View, document: Document) -> None:
    parts = parts_of(document)
    once = told(view, parts)
    assert told(once, parts) == once


@fewer
@given(anything)
def test_only_the_last_part_stands_where_the_whole_leads(document: Document) -> None:
    *before, last = [part["cursor"] for part in parts_of(document)]
    assert last == AFTER
    waiting = BEFORE if document["type"] == "update" else START_OVER
    assert set(before) <= {waiting}


@fewer
@given(anything)
def test_a_part_is_not_split_again(document: Document) -> None:
    for part in parts_of(document):
        assert parts_of(part) == [part]


@fewer
@given(updates)
def test_events_come_once_and_in_order(document: Document) -> None:
    parts = parts_of(document)
    omitted = left_out(parts)
    seen = [event for part in parts for event in part.get("events", ())]
    expected = document.get("events", [])
    assert [event["id"] for event in seen] == [event["id"] for event in expected]
    for event, whole in zip(seen, expected, strict=True):
        details = whole["task_failed_event_details"]
        for name, text in event["task_failed_event_details"].items():
            path = f"events.{event['id']}.task_failed_event_details.{name}"
            assert text == (None if path in omitted else details[name])


@fewer
@given(anything)
def test_what_is_left_out_is_named_beside_where_to_get_it(document: Document) -> None:
    for part in parts_of(document):
        if part.get("omitted"):
            assert part["links"] == {
                "self": "/v1/executions/orders:one",
                "events": "/v1/executions/orders:one/events",
                "tasks": "/v1/executions/orders:one/tasks",
            }
        else:
            assert "omitted" not in part


@fewer
@given(anything)
def test_nothing_is_left_out_that_would_fit_by_itself(document: Document) -> None:
    assert left_out(parts_of(document, limit=200_000)) == set()


def test_a_message_that_fits_stays_the_same_object() -> None:
    message = Message(b'{"type":"update"}', AFTER)
    assert split(message, 100, id=ID, since=BEFORE) == [message]


def test_a_message_that_is_never_divided_is_left_to_the_transport() -> None:
    message = Message(b'{"type":"error","detail":"%b"}' % (b"x" * 200))
    assert split(message, 100, id=ID, since=BEFORE) == [message]


@pytest.mark.parametrize("output", ["x" * 7000, "x" * 9000])
def test_an_outcome_leaves_its_largest_value_out(output: str) -> None:
    document = {
        "type": "complete",
        "id": "0",
        "status": "FAILED",
        "output": output,
        "error": "Boom",
        "cause": "y" * 3000,
        "cursor": AFTER,
    }
    [part] = parts_of(document)
    assert part["omitted"] == ["execution.output"]
    assert (part["status"], part["error"], part["cause"]) == ("FAILED", "Boom", "y" * 3000)
    assert "output" not in part


def test_a_large_snapshot_begins_without_its_states() -> None:
    found = [state(f"State {n}", None, 1) for n in range(200)]
    snapshot = {"execution": str(ID), **dict.fromkeys(FIELDS), "cursor": AFTER, "states": found}
    document = {
        "type": "subscribed",
        "id": "0",
        "recovered": False,
        "snapshot": {**snapshot, "tasks": [], "links": {}},
        "cursor": AFTER,
    }
    first, *rest = parts_of(document)
    assert first["type"] == "subscribed"
    assert first["cursor"] == first["snapshot"]["cursor"] == START_OVER
    assert {part["type"] for part in rest} == {"update"}
    told_states = [*first["snapshot"]["states"], *(s for part in rest for s in part["states"])]
    assert told_states == found


def test_what_is_left_out_is_named_where_the_cursor_is_the_newest() -> None:
    error = {"error": "Boom", "cause": "y" * 9000}
    found = [state("Broken", error, 1), *(state(f"State {n}", None, 1) for n in range(200))]
    document = {
        "type": "update",
        "id": "0",
        "execution": {"status": "FAILED", "output": "x" * 9000},
        "states": found,
        "cursor": AFTER,
    }
    *before, last = parts_of(document)
    assert left_out(before) == set()
    assert last["omitted"] == ["execution.output", "states.Broken.last_error.cause"]
    assert last["states"][-1]["last_error"] == {"error": "Boom", "cause": None}
    assert last["cursor"] == AFTER


def recovered(input: str) -> Document:
    """What a client at BEFORE is told that may hold nothing all the same."""
    snapshot: Document = {
        "execution": str(ID),
        **dict.fromkeys(FIELDS),
        "input": input,
        "cursor": BEFORE,
        "states": [state(f"S{number}", None, 1) for number in range(5)],
        "tasks": [],
        "links": {},
    }
    return {
        "type": "subscribed",
        "id": "s1",
        "recovered": True,
        "snapshot": snapshot,
        "cursor": BEFORE,
    }


def test_who_is_cut_after_the_first_part_starts_over_wherever_it_came_from() -> None:
    parts = parts_of(recovered("x" * (LIMIT - 500)))
    assert len(parts) > 1
    assert parts[0]["recovered"] is False
    assert next_cursor(BEFORE, parts[0]) == START_OVER
    assert parts[-1]["cursor"] == BEFORE


def test_who_gets_all_in_one_part_goes_on_from_where_it_was() -> None:
    (part,) = parts_of(recovered("x" * LIMIT))
    assert part["omitted"] == ["execution.input"]
    assert part["recovered"] is True
    assert (part["cursor"], part["snapshot"]["cursor"]) == (BEFORE, BEFORE)
