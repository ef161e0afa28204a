"""Each request has one id."""

import asyncio

import pytest

from tests.web.served import Served


async def test_a_request_s_own_id_is_kept(served: Served) -> None:
    answer = await served.get("/nothing", headers={"X-Request-Id": "trace-1:a/b+c="})
    assert answer.headers["x-request-id"] == answer.body["request_id"] == "trace-1:a/b+c="


@pytest.mark.parametrize("sent", ["", "x" * 129, "<script>", "a b", 'a"b', "ä", "\t"])
async def test_a_weird_request_id_is_replaced(served: Served, sent: str) -> None:
    answer = await served.get("/nothing", headers={"X-Request-Id": sent})
    made = answer.body["request_id"]
    assert made not in {"", sent}
    assert answer.headers["x-request-id"] == made


async def test_every_request_has_an_id_of_its_own(served: Served) -> None:
    answers = await asyncio.gather(*(served.get("/healthz") for _ in range(20)))
    assert len({answer.headers["x-request-id"] for answer in answers}) == 20
