"""The documents clients see, by the contract's words."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handrail.core.definition.callback_choices import Callback
from handrail.core.definition.callback_question import Question
from handrail.core.history.facts import PendingTask
from handrail.core.history.projection import Projection
from handrail.core.json_text import json_bytes
from handrail.core.models import (
    Cursor,
    DescribedStateMachine,
    Execution,
    ExecutionId,
    ExecutionStatus,
    MachineType,
    StateMachine,
    SyncResult,
)
from handrail.core.protocol import documents
from handrail.core.protocol.paths import PATHS
from tests.core.histories import History

ID = ExecutionId.parse("order-fulfilment:7f3c")
EXPRESS = ExecutionId.parse("quick:7f3c:2b1d")
CURSOR = Cursor(1767225600000, 7)
AT = datetime(2026, 1, 1, tzinfo=UTC)
BASE = "/v1/executions/order-fulfilment:7f3c"


def waiting() -> History:
    history = History('{"order": 7}')
    history.main.enter("Task", "Charge").schedule().fails("Card.Declined", "no funds")
    history.main.schedule().then("TaskSucceeded").exit("Task", "Charge")
    history.main.enter("Task", "Approve").schedule(
        "sendMessage.waitForTaskToken", timeoutInSeconds=60, heartbeatInSeconds=5
    )
    return history


def snapshot(history: History) -> dict[str, Any]:
    shown: dict[str, Any] = sent(documents.snapshot(ID, CURSOR, history.fold()))
    return shown


def sent(document: Any) -> Any:
    """What a client reads of it."""
    return json.loads(json_bytes(document))


def test_a_snapshot_shows_the_execution_whole() -> None:
    shown = snapshot(waiting())
    states, tasks = shown.pop("states"), shown.pop("tasks")
    assert shown == {
        "execution": "order-fulfilment:7f3c",
        "state_machine": "order-fulfilment",
        "name": "7f3c",
        "status": "RUNNING",
        "started_at": "2026-01-01T00:00:00.000Z",  # the epoch, not the first event's date
        "stopped_at": None,
        "input": {"order": 7},
        "output": None,
        "input_truncated": False,
        "output_truncated": False,
        "error": None,
        "cause": None,
        "redrive_count": 0,
        "version": None,
        "alias": None,
        "cursor": "1767225600000:7",
        "stale_after_s": None,
        "progress": None,
        "replay_of": None,
        "links": {
            "self": BASE,
            **{
                part: f"{BASE}/{part}"
                for part in ("events", "stream", "ws", "stop", "redrive", "tasks")
            },
        },
    }
    assert [state["state"] for state in states] == ["Charge", "Approve"]
    assert [task["state"] for task in tasks] == ["Approve"]


def test_a_state_is_shown_with_its_counts_and_last_error() -> None:
    [charge, approve] = snapshot(waiting())["states"]
    assert charge == {
        "state": "Charge",
        "type": "Task",
        "status": "SUCCEEDED",
        "entered": 1,
        "running": 0,
        "succeeded": 1,
        "failed": 0,
        "caught": 0,
        "aborted": 0,
        "retries": 1,
        "items": None,
        "first_entered_at": "2026-01-01T00:00:00.200Z",
        "last_changed_at": "2026-01-01T00:00:00.900Z",
        "last_error": {"error": "Card.Declined", "cause": "no funds"},
        "entered_from": [{"state": None, "caught": False, "count": 1}],
    }
    assert approve["status"] == "WAITING"
    assert approve["entered_from"] == [{"state": "Charge", "caught": False, "count": 1}]
    assert approve["last_error"] is None


def test_a_task_is_shown_with_its_limits_and_what_settles_it() -> None:
    [task] = snapshot(waiting())["tasks"]
    base = f"{BASE}/tasks/11"
    assert task == {
        "event_id": 11,
        "state": "Approve",
        "resource": "lambda:sendMessage.waitForTaskToken",
        "scheduled_at": "2026-01-01T00:00:01.100Z",
        "timeout_at": "2026-01-01T00:01:01.100Z",
        "heartbeat_seconds": 5,
        "parameters": None,
        "parameters_omitted": False,
        "title": None,
        "facts": [],
        "choices": [],
        "fields": None,
        "question_omitted": False,
        "links": {action: f"{base}/{action}" for action in ("success", "failure", "heartbeat")},
    }


def with_parameters(*texts: str) -> Any:
    tasks = [PendingTask(n, "Approve", "r", AT, parameters=text) for n, text in enumerate(texts)]
    return json.loads(json_bytes(documents.tasks_document(ID, tasks, room=20)))


def test_a_task_shows_its_parameters_as_a_value() -> None:
    [task] = with_parameters('{"order": 7}')
    assert (task["parameters"], task["parameters_omitted"]) == ({"order": 7}, False)


def test_of_many_tasks_those_show_their_parameters_for_which_there_is_room() -> None:
    shown = with_parameters('"0123456789"', '"0123456789"', '"012345"', '""')
    assert [task["parameters"] for task in shown] == ["0123456789", None, "012345", None]
    assert [task["parameters_omitted"] for task in shown] == [False, True, False, True]


def test_a_task_whose_parameters_are_too_large_says_so() -> None:
    task = PendingTask(1, "Approve", "r", AT, too_large=True)
    [shown] = documents.tasks_document(ID, [task])
    assert (shown["parameters"], shown["parameters_omitted"]) == (None, True)


def test_an_execution_of_which_no_event_is_known_yet_is_running() -> None:
    shown = documents.snapshot(ID, CURSOR, Projection())
    whole = snapshot(waiting())
    assert shown.keys() == whole.keys()
    assert shown["status"] == "RUNNING"
    assert shown["started_at"] == "2026-01-01T00:00:00.000Z"
    assert shown["redrive_count"] == 0
    assert (shown["states"], shown["tasks"]) == ([], [])


def test_an_execution_that_failed_shows_why() -> None:
    history = waiting()
    history.main.then("ExecutionFailed", error="Boom", cause="it broke")
    shown = snapshot(history)
    assert shown["status"] == "FAILED"
    assert shown["stopped_at"] == "2026-01-01T00:00:01.300Z"
    assert (shown["error"], shown["cause"]) == ("Boom", "it broke")


def test_only_the_wanted_fields_are_drawn_in_the_contracts_order() -> None:
    fields = waiting().fold().execution
    assert fields is not None
    wanted = {"input", "status", "input_truncated"}
    assert sent(documents.fields_document(fields, wanted)) == {
        "status": "RUNNING",
        "input": {"order": 7},
        "input_truncated": False,
    }
    assert list(documents.fields_document(fields, wanted)) == ["status", "input", "input_truncated"]


def test_changed_fields_are_drawn_as_a_snapshot_draws_them() -> None:
    history = waiting()
    history.main.then("ExecutionFailed", error="Boom", cause="it broke")
    fields = history.fold().execution
    assert fields is not None
    shown = snapshot(history)
    drawn = documents.fields_document(
        documents.dated(fields, CURSOR.epoch), documents.EXECUTION_FIELDS
    )
    assert sent(drawn) == {name: shown[name] for name in documents.EXECUTION_FIELDS}


@pytest.mark.parametrize("cut_short", [True, False])
def test_a_payload_says_whether_aws_cut_it_short(cut_short: bool) -> None:
    how, history = {"truncated": cut_short}, History()
    started = {"input": '{"order": "7', "inputDetails": how}
    history.events[0] = replace(history.events[0], details=started)
    history.main.then("ExecutionSucceeded", output="[1, 2", outputDetails=how)
    shown = snapshot(history)
    assert (shown["input"], shown["input_truncated"]) == ('{"order": "7', cut_short)
    assert (shown["output"], shown["output_truncated"]) == ("[1, 2", cut_short)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (None, None),
        ("null", None),
        ('{"a": [1, 2.5, true]}', {"a": [1, 2.5, True]}),
        ('"text"', "text"),
        ('{"cut off": ', '{"cut off": '),
        ("", ""),
        ("NaN", "NaN"),
        ("[" * 300, "[" * 300),
        pytest.param('{"cut": "\ud83d', '{"cut": "\ufffd', id="cut in a character"),
    ],
)
def test_a_payload_is_shown_as_a_value_or_as_the_text_it_is(text: str | None, value: Any) -> None:
    assert sent(documents.value(text)) == value


def execution(**fields: Any) -> Execution:
    return Execution(ID, "arn", ExecutionStatus.SUCCEEDED, AT, **fields)


def test_a_line_of_a_list_has_no_payload() -> None:
    line = documents.execution_document(
        execution(stopped_at=AT + timedelta(seconds=1), input='{"secret": 1}', output="2"),
        PATHS,
    )
    assert line["status"] == "SUCCEEDED"
    assert line["stopped_at"] == "2026-01-01T00:00:01.000Z"
    assert not {"input", "output", "cursor", "states"} & line.keys()


def test_the_answer_to_a_start_has_the_snapshots_shape() -> None:
    started = sent(documents.started_document(execution(input='{"order": 7}'), CURSOR))
    assert started.keys() == snapshot(waiting()).keys()
    assert started["input"] == {"order": 7}
    assert started["cursor"] == str(CURSOR)
    assert (started["states"], started["tasks"]) == ([], [])


def test_a_synchronous_result_shows_outcome_and_price() -> None:
    result = SyncResult(
        "arn",
        "7f3c",
        ExecutionStatus.FAILED,
        AT,
        AT + timedelta(milliseconds=1500),
        error="Boom",
        cause="it broke",
        billed_ms=1600,
        billed_mb=64,
    )
    assert documents.sync_document(EXPRESS, result) == {
        "execution": "quick:7f3c:2b1d",
        "state_machine": "quick",
        "name": "7f3c",
        "status": "FAILED",
        "started_at": "2026-01-01T00:00:00.000Z",
        "stopped_at": "2026-01-01T00:00:01.500Z",
        "output": None,
        "error": "Boom",
        "cause": "it broke",
        "billed_duration_ms": 1600,
        "billed_memory_mb": 64,
    }


def test_a_state_machine_is_shown_the_same_listed_or_described() -> None:
    listed = StateMachine("orders", "arn", MachineType.EXPRESS, AT)
    described = DescribedStateMachine("orders", "arn", MachineType.EXPRESS, AT, "{}")
    shown = documents.machine_document(listed, "Ships")
    assert shown == documents.machine_document(described, "Ships")
    assert shown == {
        "name": "orders",
        "type": "EXPRESS",
        "description": "Ships",
        "created_at": "2026-01-01T00:00:00.000Z",
        "links": {
            "self": "/v1/state-machines/orders",
            "start": "/v1/state-machines/orders/executions",
            "executions": "/v1/executions?state_machine=orders",
        },
    }


ASKS = Callback.model_validate({"title": "Ship {order}?", "approve": {"output": True}})


def asked(*states: str, room: int = 10_000) -> Any:
    tasks = [PendingTask(1, state, "r", AT, parameters='{"order": 7}') for state in states]
    asking = {"Approve": Question(ASKS), "Other": Question()}.__getitem__
    drawn = documents.tasks_document(ID, tasks, room=room, asking=asking)
    return json.loads(json_bytes(drawn))


def test_of_many_tasks_those_ask_for_which_there_is_room() -> None:
    [one] = asked("Approve")
    size = len(json_bytes({name: one[name] for name in ("title", "facts", "choices", "fields")}))
    shown = asked("Approve", "Approve", "Approve", "Other", room=2 * (size + 12) + 30)
    assert [task["question_omitted"] for task in shown] == [False, False, True, False]
    assert [task["title"] for task in shown] == ["Ship 7?", "Ship 7?", None, None]
    assert (shown[2]["choices"], shown[2]["fields"]) == ([], None)
