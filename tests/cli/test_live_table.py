import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from handrail.cli.live_table import LiveTable, ResizableLive, render
from handrail.client import View, apply
from tests.client.fake_service import SUBSCRIBED, complete, snapshot, state, update

from .test_snapshot_text import PROGRESS

NOW = datetime(2026, 11, 22, 7, 40, 59, 600_000, UTC)
DECLINED = {
    "error": "CardDeclined",
    "cause": json.dumps({"errorMessage": "the card was declined", "stackTrace": ["a", "b"] * 40}),
}


def drawn(view: View, width: int = 140, height: int = 50, notice: str = "") -> list[str]:
    console = Console(width=width, file=StringIO(), force_terminal=False)
    with console.capture() as capture:
        for line in render(view, NOW, width, height, notice):
            console.print(line)
    return [line.rstrip() for line in capture.get().splitlines()]


def viewed(*states: dict[str, Any], **members: Any) -> View:
    return apply(View(), {"type": "reset", "snapshot": {**snapshot(*states), **members}})


def failing(name: str, status: str = "FAILED") -> dict[str, Any]:
    return {**state(name, status, entered=1, failed=1), "last_error": DECLINED}


def test_the_table_shows_each_state_with_its_time_error_and_telling_counts() -> None:
    retried = {**state("Ship", "RETRYING", entered=1, retries=3), "last_error": DECLINED}
    view = apply(apply(View(), SUBSCRIBED), update("9:3", retried))
    header, heading, charge, ship = drawn(view)
    assert header.split() == ["order:7f3c", "RUNNING", "10.0", "s"]
    assert heading.split() == ["State", "Status", "Took", "Retries", "Last", "error"]
    assert charge.split() == ["Charge", "RUNNING", "10.0", "s", "·"]
    assert ship.split()[:5] == ["Ship", "RETRYING", "10.0", "s", "3"]
    assert ship.endswith("CardDeclined: the card was declined")


@pytest.mark.parametrize("width", [*range(40, 201, 20)])
def test_state_status_and_error_are_readable_at_any_width(width: int) -> None:
    view = viewed(failing("ChargeTheCustomersCard"), state("NotifyCustomer", "SUCCEEDED"))
    text = drawn(view, width)
    assert max(map(cell_len, text)) <= width
    flat = " ".join(" ".join(text).split())
    assert "ChargeTheCustomersCard" in flat
    assert "FAILED" in flat
    assert "NotifyCustomer" in flat
    assert "SUCCEEDED" in flat
    assert "CardDeclined: the card" in flat


def test_progress_stands_below_the_execution_and_its_warning_below_the_states() -> None:
    progress = {**PROGRESS, "warning": "20,000 events are used up"}
    view = viewed(state("Charge", "RUNNING"), progress=progress)
    text = drawn(view)
    assert text[1] == "62 %, about 3 min left · 41 transitions · $0.001 · 4,800 events left"
    assert text[-1] == "20,000 events are used up"
    assert drawn(view, 40)[1] == "62 %, about 3 min left · 41 transitions…"


def test_an_execution_s_id_is_shown_whole() -> None:
    id = "order:" + "7f3c" * 20
    assert drawn(viewed(execution=id), 60) == [id[:60], f"{id[60:]}  RUNNING  10.0 s"]
    assert drawn(viewed(execution=id), 40) == [id[:40], id[40:80], f"{id[80:]}  RUNNING  10.0 s"]
    assert drawn(viewed(execution=id[:40]), 50) == [id[:40], "RUNNING  10.0 s"]


def test_a_name_longer_than_its_column_goes_on_in_the_next_line() -> None:
    name = "A" * 50 + "B" * 30
    lines = drawn(viewed(state(name, "RUNNING")), 60)
    assert "".join(line.split()[0] for line in lines[2:]) == name


def test_wide_letters_keep_the_columns_under_each_other() -> None:
    lines = drawn(viewed(state("支払いを確認する", "RUNNING"), state("📦 Ship", "WAITING")), 60)
    ends = [
        cell_len(line.partition(word)[0])
        for line, word in zip(lines[2:], ["RUN", "WAIT"], strict=True)
    ]
    assert ends[0] == ends[1]


def test_of_many_states_those_that_matter_are_shown_in_order_of_entry() -> None:
    states = [state(f"S{number}", "SUCCEEDED", succeeded=1) for number in range(300)]
    states[3] = state("Runs", "RUNNING")
    states[7] = state("Waits", "WAITING")
    states[9] = failing("Fails")
    for number, one in enumerate(states):
        one["last_changed_at"] = f"2026-11-22T07:{number // 60:02}:{number % 60:02}.000Z"
    lines = drawn(viewed(*states), 100, 29)
    names = [line.split()[0] for line in lines[2:-1]]
    assert len(lines) == 29
    assert names[:3] == ["Runs", "Waits", "Fails"]
    assert names[3:] == [f"S{number}" for number in range(300 - len(names) + 3, 300)]
    assert lines[-1] == f"… {300 - len(names)} more: {300 - len(names)} SUCCEEDED"


def test_of_many_that_run_the_newest_are_shown() -> None:
    states = [state(f"S{number:03}", "RUNNING") for number in range(100)]
    for number, one in enumerate(states):
        one["last_changed_at"] = f"2026-11-22T07:{number // 60:02}:{number % 60:02}.000Z"
    lines = drawn(viewed(*states), 80, 20)
    assert lines[-2].split()[0] == "S099"
    assert lines[-1] == "… 83 more: 83 RUNNING"


def test_of_many_pending_tasks_some_are_shown() -> None:
    task = {"state": "Approve", "resource": "sqs:sendMessage.waitForTaskToken"}
    tasks = [{**task, "event_id": number} for number in range(40)]
    lines = drawn(viewed(state("Approve", "WAITING"), tasks=tasks), 80, 20)
    assert lines[3].startswith("task 0 of Approve is pending: sqs")
    assert lines[-1] == "… 36 more tasks are pending"


status_texts = st.sampled_from(["RUNNING", "WAITING", "RETRYING", "SUCCEEDED", "CAUGHT", "FAILED"])


@given(
    names=st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=20, unique=True),
    statuses=st.lists(status_texts, min_size=20, max_size=20),
    failed=st.sets(st.integers(0, 19)),
    width=st.integers(40, 200),
    height=st.integers(12, 60),
)
def test_whatever_is_drawn_fits(
    names: list[str], statuses: list[str], failed: set[int], width: int, height: int
) -> None:
    states = [state(name, status) for name, status in zip(names, statuses, strict=False)]
    for index in failed & set(range(len(states))):
        states[index]["last_error"] = DECLINED
    lines = [line.plain for line in render(viewed(*states), NOW, width, height)]
    assert max(map(cell_len, lines)) <= width
    assert len(lines) <= height
    assert any(f"  {status}" in line for status in statuses for line in lines[2:])


def test_a_finished_state_stops_counting() -> None:
    view = apply(apply(View(), SUBSCRIBED), update("9:3", state("Charge", "SUCCEEDED")))
    assert "500 ms" in drawn(view)[-1]


def test_the_end_shows_its_error_and_tasks_show_where_they_wait() -> None:
    task = {"event_id": 14, "state": "Approve", "resource": "sqs:sendMessage.waitForTaskToken"}
    view = apply(apply(View(), SUBSCRIBED), {**update("9:3"), "tasks": [task]})
    lines = drawn(apply(view, complete("FAILED", **DECLINED)))
    assert "task 14 of Approve is pending: sqs:sendMessage.waitForTaskToken" in lines
    assert lines[-1] == "CardDeclined: the card was declined"


def test_names_with_brackets_are_shown_as_they_are() -> None:
    assert "[red]" in drawn(apply(View(), update("9:3", state("[red]", "RUNNING"))))[-1]


def test_nothing_known_yet_draws_nothing_wrong() -> None:
    assert drawn(View()) == []
    assert drawn(View(), notice="AWS is away.")[-1] == "AWS is away."


def test_a_live_table_draws_the_newest_view_and_what_keeps_news_away() -> None:
    table, console = LiveTable(lambda: NOW), Console(width=140, file=StringIO())
    view = apply(View(), SUBSCRIBED)
    table.show(View(), view)
    table.tell("The connection broke; reconnecting …")
    with console.capture() as capture:
        console.print(table)
    assert "Charge" in capture.get()
    assert "reconnecting" in capture.get()
    table.show(view, view)
    with console.capture() as capture:
        console.print(table)
    assert "reconnecting" not in capture.get()


def test_another_size_of_the_terminal_begins_on_a_cleared_screen() -> None:
    written = StringIO()
    console = Console(file=written, force_terminal=True, width=80, height=24, _environ={})
    live = ResizableLive("x", console=console, auto_refresh=False)
    with live:
        live.refresh()
        assert "\x1b[2J" not in written.getvalue()
        console.size = console.size._replace(width=40)
        live.refresh()
        assert written.getvalue().count("\x1b[2J") == 1
        live.refresh()
        assert written.getvalue().count("\x1b[2J") == 1
