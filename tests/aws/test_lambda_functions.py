"""Invoking Lambda functions without waiting for what comes of it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, open_clients
from handrail.aws.lambda_functions import AwsFunctions
from handrail.core.errors import NotFound, ServiceError, Throttled, Unavailable, UpstreamRefused
from handrail.core.trace_context import TraceContext

NAME = "trigger-lambda-test"


@dataclass(slots=True)
class Lambda:
    """An endpoint that takes events for one function, or fails as told."""

    url: str = ""
    error: tuple[int, str] | None = None
    events: list[tuple[str, Any]] = field(default_factory=list)
    traces: list[str | None] = field(default_factory=list)

    async def invoke(self, request: web.Request) -> web.Response:
        if self.error is not None:
            status, code = self.error
            headers = {"x-amzn-ErrorType": code}
            return web.json_response({"Message": "no"}, status=status, headers=headers)
        if request.match_info["name"] != NAME:
            headers = {"x-amzn-ErrorType": "ResourceNotFoundException"}
            return web.json_response({"Message": "no"}, status=404, headers=headers)
        kind = request.headers["X-Amz-Invocation-Type"]
        self.traces.append(request.headers.get("X-Amzn-Trace-Id"))
        self.events.append((kind, json.loads(await request.read())))
        return web.Response(status=202)


@pytest.fixture
async def endpoint() -> AsyncIterator[Lambda]:
    endpoint = Lambda()
    app = web.Application()
    app.router.add_post("/2015-03-31/functions/{name}/invocations", endpoint.invoke)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield endpoint
    await runner.cleanup()


@pytest.fixture
async def functions(endpoint: Lambda) -> AsyncIterator[AwsFunctions]:
    config = AwsConfig(endpoint_url=endpoint.url, max_attempts=1, pool_size=1)
    async with open_clients(config) as clients:
        yield AwsFunctions(clients, AwsCalls(limit_s=5))


async def test_an_event_is_handed_over_and_not_waited_for(
    functions: AwsFunctions, endpoint: Lambda
) -> None:
    await functions.invoke_later(NAME, '{"a": 1}')
    assert endpoint.events == [("Event", {"a": 1})]


async def test_each_event_is_in_the_trace_of_its_own(
    functions: AwsFunctions, endpoint: Lambda
) -> None:
    within = TraceContext("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", sampled=True)
    for trace in (within, None, within):
        await functions.invoke_later(NAME, "{}", trace=trace)
    assert endpoint.traces == [within.xray_header(), None, within.xray_header()]


async def test_its_connection_is_given_back(functions: AwsFunctions, endpoint: Lambda) -> None:
    for _ in range(3):
        await functions.invoke_later(NAME, "{}")
    assert len(endpoint.events) == 3


async def test_a_function_that_isn_t_there_is_not_found(functions: AwsFunctions) -> None:
    with pytest.raises(NotFound):
        await functions.invoke_later("other", "{}")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((429, "TooManyRequestsException"), Throttled),
        ((500, "ServiceException"), Unavailable),
        ((403, "AccessDeniedException"), UpstreamRefused),
    ],
)
async def test_lambda_s_failures_are_told_in_our_terms(
    functions: AwsFunctions, endpoint: Lambda, answer: tuple[int, str], error: type[ServiceError]
) -> None:
    endpoint.error = answer
    with pytest.raises(error):
        await functions.invoke_later(NAME, "{}")
