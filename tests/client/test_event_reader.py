from typing import Any

import pytest

from handrail.client import Client, RequestRefused
from tests.client.conftest import Serving
from tests.client.fake_service import DRAINING, EXECUTION, FakeService, Waits, patient


def page(*ids: int, complete: bool = False) -> tuple[int, dict[str, Any]]:
    events = [{"id": id, "type": "TaskScheduled"} for id in ids]
    return 200, {"events": events, "cursor": f"9:{max(ids, default=3)}", "complete": complete}


async def read(service: FakeService, url: str, *, follow: bool = False) -> list[int]:
    async with Client(url) as client:
        return [event["id"] async for event in client.events(EXECUTION, follow=follow)]


async def test_pages_are_read_until_one_is_empty(serving: Serving) -> None:
    service = FakeService(answers=[page(1, 2), page(3), page()])
    assert await read(service, await serving(service)) == [1, 2, 3]
    assert service.events_asked == [
        {"limit": "100"},
        {"limit": "100", "after": "9:2"},
        {"limit": "100", "after": "9:3"},
    ]


async def test_nothing_is_asked_behind_the_end(serving: Serving) -> None:
    service = FakeService(answers=[page(1, 2, complete=True)])
    assert await read(service, await serving(service)) == [1, 2]
    assert len(service.events_asked) == 1


async def test_following_waits_for_the_end_over_empty_pages(serving: Serving) -> None:
    service = FakeService(answers=[page(1), page(), page(4, complete=True)])
    assert await read(service, await serving(service), follow=True) == [1, 4]
    assert [asked["wait"] for asked in service.events_asked] == ["20"] * 3


async def test_a_page_too_large_for_an_answer_is_read_one_event_at_a_time(serving: Serving) -> None:
    service = FakeService(answers=[(413, {"code": "answer_too_large"}), page(1), page(2), page()])
    assert await read(service, await serving(service)) == [1, 2]
    assert [asked["limit"] for asked in service.events_asked] == ["100", "1", "1", "1"]


async def test_an_event_too_large_for_an_answer_is_refused(serving: Serving) -> None:
    service = FakeService(answers=[(413, {"detail": "Too large.", "code": "answer_too_large"})])
    with pytest.raises(RequestRefused, match="Too large"):
        await read(service, await serving(service))


async def test_following_outlives_a_deployment_of_the_service(
    serving: Serving, waits: Waits
) -> None:
    service = FakeService(answers=[page(1), *[DRAINING] * 12, page(2, complete=True)])
    async with patient(await serving(service), waits) as client:
        assert [event["id"] async for event in client.events(EXECUTION, follow=True)] == [1, 2]
    assert 60 < sum(waits.delays_s) < 180
