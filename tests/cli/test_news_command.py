"""`handrail news` against a service that only says what it was asked."""

import json
from typing import Any

import pytest

from tests.client.fake_service import FakeService

from .commands import handrail
from .conftest import Serving

KEY = "0123456789ab:1767225605000:orders%2FEach:child:5"
ONE = {
    "key": KEY,
    "subscription": "0123456789ab",
    "target": "https://hooks.example.com",
    "execution": "orders/Each:child",
    "state_machine": "orders",
    "event_id": 5,
    "kinds": ["failed", "state:Pay.failed"],
    "attempts": 3,
    "problem": "It answers 503.",
    "at": "2026-01-01T00:00:05.000Z",
    "due_at": "2026-01-01T00:01:05.000Z",
}
GONE_MEANWHILE = {"detail": "It was delivered meanwhile.", "code": "news_not_found"}
GONE = {
    **ONE,
    "key": "old",
    "target": None,
    "attempts": 1,
    "given_up_at": "2026-01-02T00:00:05.000Z",
}


def news(*dead: Any, waiting: Any = (), sends: bool = True, next_page: str | None = None) -> Any:
    counts = {"waiting": len(waiting), "dead": len(dead)}
    lists = {"waiting": list(waiting), "dead": list(dead)}
    return 200, {"counts": counts, "sends": sends, "next_page": next_page, **lists}


async def test_what_waits_and_what_was_given_up_is_listed(serving: Serving) -> None:
    service = FakeService(answers=[news(GONE, waiting=[ONE])])
    result = await handrail("news", url=await serving(service))
    first, second = result.stdout.splitlines()
    assert first.split("  ")[0].strip() == "waits"
    shown = (KEY, "https://hooks.example.com", "3 tries", "It answers 503.", "state:Pay.failed")
    for text in shown:
        assert text in first
    assert "(0123456789ab: gone)" in second
    assert "  1 try  " in second
    assert result.stderr == "1 wait, 1 given up\n"


async def test_one_that_sends_none_says_so(serving: Serving) -> None:
    service = FakeService(answers=[news(sends=False)])
    result = await handrail("news", url=await serving(service))
    assert "sends none" in result.stderr
    assert result.stdout == ""


async def test_pages_are_read_to_the_end_and_printed_as_json(serving: Serving) -> None:
    pages = [news(GONE, waiting=[ONE], next_page="two"), news({**GONE, "key": "older"})]
    service = FakeService(answers=pages)
    result = await handrail("news", "--json", url=await serving(service))
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["dead"], line["key"]) for line in lines] == [
        (False, KEY),
        (True, "old"),
        (True, "older"),
    ]


async def test_one_is_sent_again(serving: Serving) -> None:
    service = FakeService(answers=[(202, ONE)])
    result = await handrail("news", "retry", KEY, url=await serving(service))
    method, path, *_ = service.requests[0]
    assert (method, path) == ("POST", f"/v1/news/{KEY}/retry")  # unquoted once, as a server does
    assert (result.stdout, result.exit_code) == ("1 to be sent again\n", 0)


async def test_all_that_was_given_up_is_sent_again(serving: Serving) -> None:
    answers = [news(GONE, {**GONE, "key": "older"}), (404, GONE_MEANWHILE), (202, ONE)]
    service = FakeService(answers=answers)
    result = await handrail("news", "retry", "--all", "--json", url=await serving(service))
    assert [path for _, path, *_ in service.requests[1:]] == [
        "/v1/news/old/retry",
        "/v1/news/older/retry",
    ]
    assert len(result.stdout.splitlines()) == 1  # somebody else has just done the other


async def test_one_is_dropped(serving: Serving) -> None:
    service = FakeService(answers=[(200, {"key": KEY})])
    result = await handrail("news", "drop", KEY, url=await serving(service))
    method, path, *_ = service.requests[0]
    assert (method, path) == ("DELETE", f"/v1/news/{KEY}")
    assert result.stdout == f"{KEY} dropped\n"


async def test_what_is_gone_says_so(serving: Serving) -> None:
    service = FakeService(answers=[(404, GONE_MEANWHILE)])
    result = await handrail("news", "drop", KEY, url=await serving(service))
    assert (result.exit_code, "delivered meanwhile" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [["retry"], ["retry", KEY, "--all"], ["retry", ""], ["--json", "retry", KEY]],
)
async def test_what_isn_t_clear_is_refused(arguments: list[str], serving: Serving) -> None:
    service = FakeService(answers=[])
    result = await handrail("news", *arguments, url=await serving(service))
    assert result.exit_code == 2
    assert service.requests == []
