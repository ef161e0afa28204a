import json

import pytest

from service.client import Message, View, apply
from service.client.omitted import behind, filled
from service.core.messages import encode
from service.core.models import ExecutionId
from service.core.splitting import split

from .fake_service import EXECUTION, SUBSCRIBED, complete, snapshot, state, update

FAILED = state("A.b", "FAILED")
SHOWN = {
    **snapshot(
        {**state("A", "FAILED"), "last_error": {"error": "E", "cause": "of A"}},
        {**FAILED, "last_error": {"error": "E", "cause": "of A.b"}},
    ),
    "input": {"large": 1},
    "output": "out",
    "tasks": [{"event_id": 7}],
    "cursor": "9:5",
}


def test_an_execution_s_own_fields_are_filled_in() -> None:
    message = {**update("9:5"), "omitted": ["execution.output"]}
    assert filled(message, SHOWN, {}) == {**update("9:5"), "execution": {"output": "out"}}
    assert message["omitted"] == ["execution.output"]


def test_a_snapshot_s_fields_and_states_are_filled_in() -> None:
    cut = {**FAILED, "last_error": {"error": "E", "cause": None}}
    message = {
        "type": "reset",
        "snapshot": {**snapshot(cut), "input": None, "cursor": "9:5"},
        "omitted": ["execution.input", "tasks", "states.A.b.last_error.cause"],
    }
    whole = filled(message, SHOWN, {})["snapshot"]
    assert (whole["input"], whole["tasks"]) == ({"large": 1}, [{"event_id": 7}])
    assert whole["states"][0]["last_error"] == {"error": "E", "cause": "of A.b"}


def test_a_state_is_told_by_its_whole_name_dots_included() -> None:
    states = [state("A", "FAILED"), FAILED]
    message = {**update("9:5", *states), "omitted": ["states.A.b.last_error.cause"]}
    assert [s["last_error"] for s in filled(message, SHOWN, {})["states"]] == [
        None,
        {"error": "E", "cause": "of A.b"},
    ]


def test_an_outcome_is_filled_in() -> None:
    cut = {**complete(), "omitted": ["execution.output"]}
    del cut["output"]
    assert filled(cut, SHOWN, {}) == complete(output="out")


def test_an_event_is_replaced_as_a_whole() -> None:
    message = {**update("9:5"), "events": [{"id": 4}, {"id": 5}], "omitted": ["events.5.x.input"]}
    events = {5: {"id": 5, "x": {"input": "large"}}}
    assert filled(message, SHOWN, events)["events"] == [{"id": 4}, events[5]]


def test_what_can_not_be_had_stays_named() -> None:
    paths = ["states.Gone.last_error.cause", "events.9.x.input", "unheard.of"]
    message = {**update("9:5"), "omitted": [*paths, "tasks"]}
    assert filled(message, SHOWN, {})["omitted"] == paths


def test_cursors_are_compared_within_one_execution_only() -> None:
    assert behind("9:4", "9:5")
    assert not behind("9:5", "9:5")
    assert not behind("9:10", "9:9")
    assert behind("9999:4", "9:5")  # the same start, dated elsewhere
    assert not behind("10010:1", "9:5")
    assert not behind(None, "9:5")


def large_snapshot() -> Message:
    """Larger in some of its values, and as a whole, than the limit that tests split it by."""
    failed = [
        {**state(f"S.{n}", "FAILED"), "last_error": {"error": "E", "cause": f"{n}" * size}}
        for n, size in enumerate((10, 9_000, 30_000))
    ]
    tasks = [{"event_id": n, "state": "S.0", "links": {"self": "x" * 300}} for n in range(60)]
    large = {"input": {"text": "i" * 20_000}, "output": "o" * 5_000}
    return {**snapshot(*failed), **large, "tasks": tasks, "cursor": "9:2"}


@pytest.mark.parametrize("limit", [9_000, 16_384, 32_768, 131_072])
def test_what_was_split_and_filled_in_makes_the_view_of_the_whole(limit: int) -> None:
    shown, id = large_snapshot(), ExecutionId.parse(EXECUTION)
    subscribed = {**SUBSCRIBED, "snapshot": shown}
    changes = {"execution": {"output": shown["output"]}, "states": shown["states"]}
    told = [
        subscribed,
        {**update("9:2"), **changes, "tasks": shown["tasks"]},
        complete(output=shown["output"]),
    ]
    whole = parts = View()
    for message in told:
        whole = apply(whole, message)
        for part in split(encode(message), limit, id=id, since="9:1"):
            sent = json.loads(part.text)
            full = filled(sent, shown, {}) if "omitted" in sent else sent
            assert "omitted" not in full
            parts = apply(parts, full)
        assert {**parts.execution, "cursor": ""} == {**whole.execution, "cursor": ""}
        assert (parts.states, parts.tasks) == (whole.states, whole.tasks)
