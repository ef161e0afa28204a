"""The HTTP API, and how instances of a function live, are used again and die."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.e2e.processes import environment

from .conftest import Toyed
from .functions import Deployed, FunctionDied, FunctionRaised, FunctionTimedOut
from .http_api import HttpApi
from .servers import served

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def fetch(url: str, method: str = "GET", **options: Any) -> tuple[int, Any, Any]:
    async with aiohttp.ClientSession() as session, session.request(method, url, **options) as got:
        return got.status, await got.json(), got.headers


async def test_a_request_is_an_event_and_its_answer_a_response(toy: Toyed) -> None:
    url = f"{toy.http_url}/v1/x%3Ay?a=1&a=2"
    status, body, headers = await fetch(url, "POST", json={"b": 1}, headers={"X-One": "1"})
    event = body["event"]
    assert status == 203
    assert headers.getall("Set-Cookie") == ["a=1", "b=2"]
    assert event["rawPath"] == "/v1/x:y"
    assert event["queryStringParameters"] == {"a": "1,2"}
    assert event["headers"]["x-one"] == "1"
    assert (event["body"], event["isBase64Encoded"]) == ('{"b": 1}', False)


async def test_bytes_come_in_base64(toy: Toyed) -> None:
    _, body, _ = await fetch(toy.http_url, "POST", data=b"\xff\x00")
    assert (body["event"]["body"], body["event"]["isBase64Encoded"]) == ("/wA=", True)


async def test_what_takes_too_long_is_answered_for() -> None:
    async def hang(event: Any) -> None:
        await asyncio.Event().wait()

    async with served(HttpApi(hang, integration_s=0.05).app) as url:
        assert (await fetch(url))[:2] == (503, {"message": "Service Unavailable"})


async def test_an_instance_is_used_again(toy: Toyed) -> None:
    answers = [(await fetch(toy.http_url))[1] for _ in range(3)]
    assert len({answer["pid"] for answer in answers}) == 1
    assert [answer["number"] for answer in answers] == [1, 2, 3]


async def test_a_recycled_function_starts_cold(toy: Toyed) -> None:
    _, first, _ = await fetch(toy.http_url)
    await toy.function.recycle()
    _, second, _ = await fetch(toy.http_url)
    assert first["pid"] != second["pid"]
    assert second["number"] == 1


def event_of(body: str) -> Any:
    return {"requestContext": {"routeKey": "$default", "connectionId": "c"}, "body": body}


async def test_invocations_at_once_have_instances_of_their_own(toy: Toyed) -> None:
    await asyncio.gather(*(toy.function.invoke(event_of("wait")) for _ in range(3)))
    assert len({instance.child.pid for instance in toy.function.idle}) == 3


async def test_a_raise_leaves_the_instance_warm(toy: Toyed) -> None:
    with pytest.raises(FunctionRaised, match="ValueError: as it was told"):
        await toy.function.invoke(event_of("raise"))
    assert len(toy.function.idle) == 1
    assert "Traceback" in toy.function.output


async def test_a_killed_instance_is_gone_for_good(toy: Toyed) -> None:
    dying = asyncio.create_task(toy.function.invoke(event_of("hang")))
    await toy.told(1)
    assert toy.function.kill_busy() == 1
    with pytest.raises(FunctionDied):
        await dying
    assert toy.function.idle == toy.function.busy == []


async def test_what_takes_too_long_is_killed(toy: Toyed) -> None:
    slow = Deployed("slow", toy.function.target, toy.function.variables, timeout_s=0.2)
    async with slow:
        with pytest.raises(FunctionTimedOut):
            await slow.invoke(event_of("hang"))
        assert slow.idle == []


async def test_more_than_there_may_be_wait(toy: Toyed) -> None:
    few = Deployed("few", toy.function.target, toy.function.variables, most=1)
    async with few:
        await asyncio.gather(*(few.invoke(event_of("wait")) for _ in range(2)))
        (only,) = few.idle
        assert only.asked == 2


async def test_a_function_that_does_not_load_says_so() -> None:
    async with Deployed("none", "tests.gateway.toy:Nothing", environment()) as broken:
        with pytest.raises(FunctionDied):
            await broken.invoke({})
        assert "AttributeError" in broken.output
