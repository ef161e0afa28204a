"""An execution's visits in the order of entry, page by page, and what changed behind a cursor."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from handrail.core.errors import CursorUnknown, InvalidRequest
from handrail.core.models import Cursor
from handrail.core.page_tokens import page_token
from handrail.usecases.state_pages import HistoryFolding
from handrail.usecases.timelines import PAGE, TimelineRequest, Timelines
from tests.core.histories import History

from .live.stage import EPOCH, ID, Stage


class Desk(Stage):
    def __init__(self) -> None:
        super().__init__()
        self.timelines = Timelines(self.hub, HistoryFolding(self.hub))

    async def read(self, page: str | None = None, since: Cursor | None = None) -> Any:
        return await self.timelines.page(TimelineRequest(ID, page, since))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.hub.close()


def loop(history: History, times: int) -> None:
    for _ in range(times):
        history.main.visit("Pass", "Again")


async def test_all_states_visits_come_in_the_order_of_entry(desk: Desk) -> None:
    desk.execution().main.visit("Pass", "First").task("Charge").visit("Pass", "First")
    answer = await desk.read()
    assert [visit["state"] for visit in answer["visits"]] == ["First", "Charge", "First"]
    assert answer["visits"][0] == {
        "state": "First",
        "type": "Pass",
        "status": "SUCCEEDED",
        "entered_at": "2026-01-01T00:00:00.200Z",
        "exited_at": "2026-01-01T00:00:00.300Z",
        "attempts": 1,
        "event_id": 2,
        "within_event_id": None,
        "iteration": None,
    }
    assert (answer["total"], answer["next_page"], answer["cursor"]) == (3, None, f"{EPOCH}:10")


async def test_pages_hold_all_visits_once(desk: Desk) -> None:
    loop(desk.execution(), PAGE + 1)
    first = await desk.read()
    second = await desk.read(first["next_page"])
    entered = [visit["event_id"] for visit in [*first["visits"], *second["visits"]]]
    assert entered == [2 * number for number in range(1, PAGE + 2)]
    assert second["next_page"] is None


async def test_since_tells_what_began_or_ended_behind_a_cursor(desk: Desk) -> None:
    track = desk.execution().main.visit("Pass", "First").enter("Task", "Charge").schedule()
    track.then("TaskSucceeded").exit("Task", "Charge").visit("Pass", "Last")
    found = await desk.read(since=Cursor(EPOCH, 5))
    assert [visit["state"] for visit in found["visits"]] == ["Charge", "Last"]
    assert found["total"] == 3


@pytest.mark.parametrize("epoch", [EPOCH - 60_000, EPOCH + 60_000])
async def test_what_belongs_to_another_execution_of_the_name_is_refused(
    desk: Desk, epoch: int
) -> None:
    loop(desk.execution(), 1)
    with pytest.raises(CursorUnknown):
        await desk.read(since=Cursor(epoch, 2))
    with pytest.raises(CursorUnknown):
        await desk.read(page_token(f"timeline {ID} None", {"epoch": epoch, "entered": 2}))


async def test_a_page_of_something_else_is_refused(desk: Desk) -> None:
    loop(desk.execution(), 1)
    with pytest.raises(InvalidRequest):
        await desk.read(page_token(f"visits {ID} Again", {"epoch": EPOCH, "before": 2}))
