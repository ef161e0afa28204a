from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.cli.snapshot_text import item_lines, snapshot_lines, visit_lines
from handrail.core.json_text import exact
from tests.client.fake_service import EXECUTION, snapshot, state

NOW = datetime(2026, 11, 22, 7, 40, 59, 600_000, UTC)
PROGRESS = {
    "fraction": 0.62,
    "remaining_s": 170.0,
    "typical_s": 240.0,
    "overdue": False,
    "transitions": 41,
    "usd": 0.001025,
    "at_least": False,
    "events": 20_200,
    "events_left": 4_800,
    "warning": None,
}
TASK = {
    "event_id": 14,
    "state": "Approve",
    "resource": "sqs:sendMessage.waitForTaskToken",
    "scheduled_at": "t1",
    "timeout_at": None,
}


def shown(*states: dict[str, Any], **members: Any) -> list[str]:
    return [*snapshot_lines({**snapshot(*states), **members}, NOW)]


def test_what_runs_says_since_when_and_with_what() -> None:
    assert shown(input=exact('{"amount": 1.10}')) == [
        f"{EXECUTION}  RUNNING  10.0 s",
        "  started   2026-11-22T07:40:49.600Z",
        "  input     {",
        '              "amount": 1.10',
        "            }",
    ]


def test_what_ended_says_how() -> None:
    ended = {"status": "FAILED", "stopped_at": "2026-11-22T07:40:50.600Z", "error": "E"}
    lines = shown(**ended, cause="line 1\nline 2", output=None, input=7)
    assert lines[0] == f"{EXECUTION}  FAILED  1.0 s"
    assert lines[2] == "  stopped   2026-11-22T07:40:50.600Z"
    assert lines[-1] == "  error     E: line 1 line 2"


def test_versions_replays_and_redrives_are_said_where_there_are() -> None:
    members = {"version": 3, "alias": "live", "replay_of": "order:1", "redrive_count": 2}
    assert shown(**members)[2:6] == [
        "  version   3",
        "  alias     live",
        "  replay of order:1",
        "  redrives  2",
    ]


def test_progress_is_said_in_a_line_and_what_it_warns_of() -> None:
    progress = {**PROGRESS, "warning": "20,000 of the 25,000\nevents are used up"}
    assert shown(progress=progress)[2:4] == [
        "  progress  62 %, about 3 min left · 41 transitions · $0.001 · 4,800 events left",
        "  warning   20,000 of the 25,000 events are used up",
    ]
    ended = shown(progress=PROGRESS, status="FAILED", stopped_at="2026-11-22T07:40:50.600Z")
    assert "  progress  over · 41 transitions · $0.001 · 4,800 events left" in ended
    assert not any("progress" in line for line in shown(progress=None))


def test_states_show_what_their_status_does_not() -> None:
    items = {"total": 40, "running": 0, "succeeded": 38, "failed": 2, "aborted": 0}
    unknown = dict.fromkeys(items)
    error = {"error": "E", "cause": '{"errorMessage": "no"}'}
    lines = shown(
        {**state("Each", "CAUGHT", entered=1), "items": items, "last_error": error},
        {**state("Other", "RUNNING", entered=2, retries=3), "items": unknown},
    )
    assert lines[-4:] == [
        "States",
        "  Each   Task  CAUGHT   2026-11-22T07:40:49.620Z  500 ms  38 of 40 items",
        "      E: no",
        "  Other  Task  RUNNING  2026-11-22T07:40:49.620Z  10.0 s  "
        "? of ? items, entered 2 times, retried 3 times",
    ]


def test_what_waits_says_how_to_settle_it() -> None:
    lines = shown(tasks=[{**TASK, "timeout_at": "t2"}], execution="order:it's")
    assert lines[-4:] == [
        "Waiting",
        "  task 14  Approve  sqs:sendMessage.waitForTaskToken  since t1  until t2",
        """    handrail complete 'order:it'"'"'s' 14 --output JSON""",
        """    handrail complete 'order:it'"'"'s' 14 --error NAME --cause TEXT""",
    ]


def test_what_waits_says_what_it_was_given() -> None:
    lines = shown(tasks=[{**TASK, "parameters": exact('{"amount": 1.10}')}])
    assert lines[-3] == '    given {"amount":1.10}'


def test_an_activity_s_task_is_its_worker_s() -> None:
    lines = shown(tasks=[{**TASK, "resource": "activity:review"}])
    assert lines[-1] == "    a worker of the activity settles it"


def test_a_long_payload_is_cut_and_a_truncated_one_is_told() -> None:
    lines = shown(input=[*range(100)], input_truncated=True)
    assert lines[2] == "  input     [  (AWS cut it short)"
    assert lines[-1] == "            … 41 more lines: --json has them all"


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\u202eb"])
def test_nothing_from_outside_steers_the_terminal(name: str) -> None:
    lines = shown(
        {**state(name, "FAILED"), "last_error": {"error": name, "cause": name}},
        tasks=[{**TASK, "state": name, "resource": name}],
        execution=name,
        input={name: name},
        error=name,
        replay_of=name,
    )
    assert all(line.isprintable() for line in lines)


def test_items_are_named_by_index_or_name() -> None:
    item = {"status": "SUCCEEDED", "started_at": None, "stopped_at": None, "error": None}
    assert [
        *item_lines(
            [
                {**item, "index": 0, "name": None, "cause": None},
                {**item, "index": None, "name": "n", "cause": None, "execution": "order/Each:n"},
            ],
            NOW,
        )
    ] == ["", "Items", "  0  SUCCEEDED", "  n  SUCCEEDED      order/Each:n"]
    assert [*item_lines([], NOW)] == []


def test_a_visit_that_is_not_over_takes_up_to_now() -> None:
    visit = {"entered_at": "2026-11-22T07:40:49.600Z", "exited_at": None, "status": "RUNNING"}
    rest = {"input": "in", "output": None, "error": None, "cause": None}
    assert [*visit_lines({**visit, **rest}, NOW)] == [
        "2026-11-22T07:40:49.600Z  RUNNING  10.0 s",
        '  input     "in"',
    ]
