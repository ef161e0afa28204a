"""Messages that came without their content get it from the snapshot and the events."""

import json

import pytest

from handrail.client import Message, View, apply
from handrail.client.omitted import behind, filled
from handrail.core.models import ExecutionId
from handrail.core.protocol.encoded_messages import encode, limited
from tests.client.fake_service import EXECUTION, SUBSCRIBED, complete, snapshot, state, update

ID = ExecutionId.parse(EXECUTION)
OMITTED = {"omitted": ["*"], "links": {"self": f"/v1/executions/{EXECUTION}"}}
SHOWN = {
    **snapshot(
        {**state("A", "FAILED"), "last_error": {"error": "E", "cause": "of A"}},
        state("B", "RUNNING"),
    ),
    "input": {"large": 1},
    "output": "out",
    "tasks": [{"event_id": 7}],
    "cursor": "9:5",
    "links": {"self": "there"},
}
FIELDS = {k: v for k, v in SHOWN.items() if k not in {"states", "tasks", "cursor", "links"}}


def test_an_update_gets_all_fields_states_and_tasks() -> None:
    message = {"type": "update", "id": "0", "cursor": "9:4", **OMITTED}
    whole = {"execution": FIELDS, "states": SHOWN["states"], "tasks": [{"event_id": 7}]}
    assert filled(message, SHOWN) == {"type": "update", "id": "0", "cursor": "9:4", **whole}
    assert message["omitted"] == ["*"]


def test_an_update_at_level_status_gets_the_execution_s_own_fields() -> None:
    message = {"type": "update", "id": "0", "cursor": "9:4", **OMITTED}
    told = {"type": "update", "id": "0", "cursor": "9:4", "execution": FIELDS}
    assert filled(message, SHOWN, level="status") == told


def test_an_update_at_level_events_gets_its_events_too() -> None:
    message = {"type": "update", "id": "0", "cursor": "9:4", **OMITTED}
    whole = filled(message, SHOWN, level="events", events=[{"id": 3}, {"id": 4}])
    assert whole["events"] == [{"id": 3}, {"id": 4}]
    assert whole["states"] == SHOWN["states"]


@pytest.mark.parametrize("kept", [{"type": "reset", "reason": "Too far."}, {"type": "subscribed"}])
def test_a_snapshot_stands_under_the_message_s_cursor(kept: Message) -> None:
    message = {**kept, "id": "0", "cursor": "9:4", **OMITTED}
    told = {**kept, "id": "0", "cursor": "9:4", "snapshot": {**SHOWN, "cursor": "9:4"}}
    assert filled(message, SHOWN) == told


def test_an_outcome_keeps_its_status() -> None:
    message = {"type": "complete", "id": "0", "cursor": "9:9", "status": "SUCCEEDED", **OMITTED}
    assert filled(message, SHOWN) == complete(output="out")


def test_cursors_are_compared_within_one_execution_only() -> None:
    assert behind("9:4", "9:5")
    assert not behind("9:5", "9:5")
    assert not behind("9:10", "9:9")
    assert behind("9999:4", "9:5")  # the same start, dated elsewhere
    assert not behind("10010:1", "9:5")
    assert not behind(None, "9:5")


@pytest.mark.parametrize("max_bytes", [600, 1_000, 10_000])
def test_a_view_of_messages_without_content_is_that_of_the_whole_ones(max_bytes: int) -> None:
    shown = {**SHOWN, "input": "i" * 2_000, "output": "o" * 500, "cursor": "9:2"}
    changes = {"execution": {"output": shown["output"]}, "states": shown["states"]}
    told = [
        {**SUBSCRIBED, "snapshot": shown},
        {**update("9:2"), **changes, "tasks": shown["tasks"]},
        complete(output=shown["output"]),
    ]
    whole = completed = View()
    for message in told:
        whole = apply(whole, message)
        sent = json.loads(limited(encode(message), max_bytes, ID).text)
        completed = apply(completed, filled(sent, shown) if "omitted" in sent else sent)
        assert completed == whole
