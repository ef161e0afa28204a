from datetime import UTC, datetime

import pytest
from rich.console import Console

from service.cli.live_table import LiveTable, duration, render
from service.client import View, apply
from tests.client.fake_service import SUBSCRIBED, complete, state, update

NOW = datetime(2026, 11, 22, 7, 40, 59, 600_000, UTC)


def drawn(view: View) -> str:
    console = Console(width=140, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as capture:
        console.print(render(view, NOW))
    return capture.get()


def test_the_table_shows_each_state_with_its_counts_and_time() -> None:
    failed = {
        **state("Ship", "RETRYING", entered=1, retries=3),
        "last_error": {"error": "Timeout", "cause": "slow"},
    }
    text = drawn(apply(apply(View(), SUBSCRIBED), update("9:3", failed)))
    header, _, charge, ship = text.splitlines()
    assert header.split() == ["order:7f3c", "RUNNING", "10.0", "s"]
    assert charge.split() == ["Charge", "RUNNING", "1", "1", *"····", "10.0", "s"]
    assert ship.split()[:9] == ["Ship", "RETRYING", "1", *"····", "3", "10.0"]
    assert ship.rstrip().endswith("Timeout: slow")


def test_a_finished_state_stops_counting() -> None:
    view = apply(apply(View(), SUBSCRIBED), update("9:3", state("Charge", "SUCCEEDED")))
    assert "500 ms" in drawn(view)


def test_the_end_shows_its_error_and_tasks_show_where_they_wait() -> None:
    task = {"event_id": 14, "state": "Approve", "resource": "sqs:sendMessage.waitForTaskToken"}
    view = apply(apply(View(), SUBSCRIBED), {**update("9:3"), "tasks": [task]})
    text = drawn(apply(view, complete("FAILED", error="Boom")))
    assert "task 14 of Approve is pending: sqs:sendMessage.waitForTaskToken" in text
    assert "Boom" in text


def test_names_with_brackets_are_shown_as_they_are() -> None:
    assert "[red]" in drawn(apply(View(), update("9:3", state("[red]", "RUNNING"))))


def test_nothing_known_yet_draws_nothing_wrong() -> None:
    assert drawn(View()).strip() == ""


def test_a_live_table_draws_the_newest_view() -> None:
    table = LiveTable(lambda: NOW)
    table.show(View(), apply(View(), SUBSCRIBED))
    console = Console(width=140)
    with console.capture() as capture:
        console.print(table)
    assert "Charge" in capture.get()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 ms"), (0.48, "480 ms"), (3.21, "3.2 s"), (245, "4 m 05 s"), (7800, "2 h 10 m")],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text
