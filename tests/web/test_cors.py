"""Pages of other sites: those on the list may call, the others can't read an answer."""

from collections.abc import AsyncIterator

import pytest

from .conftest import Serving
from .keys import bearer, configured
from .served import Served

ORIGIN = "https://shop.example"
START = "/v1/state-machines/order/executions"
ASKING = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with serve(allowed_origins=f"{ORIGIN},null", **configured()) as served:
        yield served


async def test_a_preflight_needs_no_credential(served: Served) -> None:
    answer = await served.call("OPTIONS", START, headers=ASKING)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "idempotency-key", "last-event-id", "content-type"} <= set(allowed)
    assert "Origin" in answer.headers["vary"]


async def test_an_answer_may_be_read_and_so_may_its_headers(served: Served) -> None:
    answer = await served.post(START, {}, headers={"Origin": ORIGIN, **bearer("all")})
    assert answer.status == 202
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    exposed = answer.headers["access-control-expose-headers"]
    assert {"Location", "X-Request-Id", "Retry-After"} <= set(exposed.split(", "))


@pytest.mark.parametrize("path", ["/v1/state-machines", "/v1/nothing", START])
async def test_a_refusal_may_be_read_too(served: Served, path: str) -> None:
    answer = await served.get(path, headers={"Origin": ORIGIN})
    assert answer.status in {401, 404, 405}
    assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://shop.example",
        f"{ORIGIN}:8443",
        f"{ORIGIN}.evil.example",
        "null",
        "*",
        "",
    ],
)
async def test_an_origin_that_isnt_on_the_list_gets_nothing(served: Served, origin: str) -> None:
    headers = {"Origin": origin, **bearer("all")}
    for answer in (
        await served.call("OPTIONS", START, headers={**ASKING, **headers}),
        await served.get("/v1/state-machines", headers=headers),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-allow")]


async def test_credentials_mode_and_wildcards_are_never_allowed(served: Served) -> None:
    for answer in (
        await served.call("OPTIONS", START, headers=ASKING),
        await served.get("/v1/state-machines", headers={"Origin": ORIGIN, **bearer("all")}),
    ):
        assert "access-control-allow-credentials" not in answer.headers
        assert "*" not in str(answer.headers)


async def test_without_a_list_nothing_is_said(serve: Serving) -> None:
    async with serve() as served:
        answer = await served.get("/v1/state-machines", headers={"Origin": ORIGIN})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "vary" not in answer.headers
