"""A lean start sends, answers and fails as botocore's own does."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
import wrapt  # type: ignore[import-untyped]
from aiobotocore.client import AioBaseClient
from aiohttp import ClientTimeout
from botocore import handlers
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from botocore.retries import standard

from handrail.aws.calls import hear_dates
from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.aws.lean_start import LeanStart
from handrail.core.remote_clock import RemoteClock
from tests.aws.wire import DROP, HANG, STARTED, Asked, Wire, cut, open_wire, told

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:order"
GIVEN = {"stateMachineArn": MACHINE, "name": "n", "input": '{"a": 1}'}
OK = told(200, STARTED)
DIFFERS = {"authorization", "amz-sdk-invocation-id", "x-amz-date", "amz-sdk-request"}


def refusal(status: int, code: str) -> bytes:
    return told(status, {"__type": code, "message": "no"})


SCRIPTS = {
    "an execution": [OK],
    "an execution of whole seconds": [told(200, STARTED | {"startDate": 1772366400})],
    "an execution dated by a text": [told(200, STARTED | {"startDate": "2026-03-01T12:00:00Z"})],
    "a date nobody can read": [told(200, STARTED | {"startDate": 1e99})],
    "a member of tomorrow": [told(200, STARTED | {"tomorrow": 1})],
    "no execution": [told(200, {"message": "Sign in"})],
    "an ARN that is none": [told(200, STARTED | {"executionArn": 5})],
    "a list": [told(200, [1]), told(200, [1])],
    "no JSON": [told(200, b"<html>"), OK],
    "no text": [told(200, b"\xff\xfe"), OK],
    "nothing": [told(200, b""), OK],
    "another success": [told(202, STARTED)],
    "a cut answer": [cut(OK, by=20), OK],
    "answers cut twice": [cut(OK, by=20)] * 2,
    "a lost answer": [DROP, OK],
    "answers lost twice": [DROP, DROP],
    "no HTTP": [b"SSH-2.0\r\n\r\nconnection: close", OK],
    "a throttle": [refusal(400, "ThrottlingException"), OK],
    "throttles": [refusal(400, "ThrottlingException")] * 2,
    "a failure": [refusal(500, "InternalFailure"), OK],
    "failures": [told(503, b"down"), told(502, b"<html>")],
    "the same name": [refusal(400, "ExecutionAlreadyExists")],
    "no such machine": [refusal(400, "StateMachineDoesNotExist")],
    "an input that is none": [refusal(400, "InvalidExecutionInput")],
    "too many": [refusal(400, "ExecutionLimitExceeded")],
    "a clock that is wrong": [refusal(403, "RequestTimeTooSkewed"), OK],
    "a signature that is wrong": [refusal(403, "InvalidSignatureException"), OK],
    "credentials that ended": [refusal(400, "ExpiredTokenException"), OK],
    "no leave": [refusal(400, "AccessDeniedException")],
    "an error of tomorrow": [told(418, {"__type": "Teapot"})],
}


class Changing:
    """Credentials that are others at each look."""

    def __init__(self, tokens: Iterable[str | None]) -> None:
        self.shown = [ReadOnlyCredentials(f"AKID{n}", f"s{n}", t) for n, t in enumerate(tokens)]
        self.looks = 0

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        self.looks += 1
        return self.shown[min(self.looks, len(self.shown)) - 1]


@pytest.fixture(autouse=True)
def _plain_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a backoff, and without the hook that importing moto leaves in every session."""
    own = [each for each in handlers.BUILTIN_HANDLERS if "moto" not in type(each[1]).__module__]
    monkeypatch.setattr(handlers, "BUILTIN_HANDLERS", own)
    monkeypatch.setattr(standard.ExponentialBackoff, "delay_amount", lambda *_: 0)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with open_wire() as wire:
        yield wire


@pytest.fixture
async def opened(wire: Wire) -> AsyncIterator[tuple[Clients, Clients]]:
    """Clients with the lean way, which has learned its pattern, and without."""
    async with AsyncExitStack() as stack:
        lean, plain = [
            await stack.enter_async_context(
                open_clients(AwsConfig(endpoint_url=wire.url, max_attempts=2, lean_start=on))
            )
            for on in (True, False)
        ]
        for clients in (lean, plain, lean, plain):
            await clients.starter.start_execution(**GIVEN)
        wire.asked.clear()
        yield lean, plain


@pytest.fixture
async def lean(opened: tuple[Clients, Clients]) -> Clients:
    return opened[0]


def by_botocore(caplog: pytest.LogCaptureFixture) -> int:
    """How many calls botocore has made."""
    return sum(record.msg.startswith("Making request") for record in caplog.records)


async def outcome(clients: Clients, given: Mapping[str, str] = GIVEN) -> object:
    """What a start comes to: an answer, or an error of a class that each client has for itself."""
    try:
        return await clients.starter.start_execution(**given)
    except Exception as error:
        return type(error).__name__, str(error), getattr(error, "response", None)


def compared(asked: list[Asked]) -> list[object]:
    """Requests, without what no two have in common."""
    return [
        (each.line, {n: t for n, t in each.headers.items() if n not in DIFFERS}, each.body)
        for each in asked
    ]


def attempts(asked: list[Asked]) -> list[str]:
    """Which attempt each request says it is, without until when it is waited for."""
    said = (each.headers["amz-sdk-request"].split("; ") for each in asked)
    return [part for parts in said for part in parts if not part.startswith("ttl=")]


def signed(asked: Asked, url: str, key: str, secret: str) -> bool:
    """Whether botocore would have signed this request so."""
    given = asked.headers["authorization"]
    names = given.split("SignedHeaders=")[1].split(",")[0].split(";")

    class SameTime(SigV4Auth):
        def _modify_request_before_signing(self, request: AWSRequest) -> None:
            request.context["timestamp"] = asked.headers["x-amz-date"]

    headers = {name: asked.headers[name] for name in names}
    request = AWSRequest("POST", f"{url}/", headers=headers, data=asked.body)
    SameTime(Credentials(key, secret), "states", "us-east-1").add_auth(request)
    return bool(request.headers["Authorization"] == given)


async def test_both_ways_send_and_answer_the_same(
    wire: Wire, opened: tuple[Clients, Clients]
) -> None:
    for case, script in SCRIPTS.items():
        found = []
        for clients in opened:
            wire.asked.clear()
            wire.script.extend(script)
            answer = await outcome(clients)
            found.append((answer, compared(wire.asked), attempts(wire.asked), len(wire.script)))
            assert all(signed(each, wire.url, "AKIDEXAMPLE", "made-up") for each in wire.asked)
            assert len({each.headers["amz-sdk-invocation-id"] for each in wire.asked}) == 1
            wire.script.clear()
        assert found[0] == found[1], case


@pytest.mark.parametrize(
    "input",
    ['{"name": "Zoë 😀"}', '{"n": 1.10, "big": 12345678901234567890.10}', f'"{"x" * 200_000}"', ""],
    ids=["other letters", "exact numbers", "big", "empty"],
)
async def test_an_input_is_sent_as_it_is(
    input: str, wire: Wire, opened: tuple[Clients, Clients]
) -> None:
    for clients in opened:
        await outcome(clients, GIVEN | {"input": input, "name": "ü"})
    first, second = compared(wire.asked)
    assert first == second
    assert json.loads(wire.asked[0].body)["input"] == input


async def test_a_usual_start_is_not_botocore_s(
    lean: Clients, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "botocore.endpoint")
    await lean.starter.start_execution(**GIVEN)
    assert by_botocore(caplog) == 0
    wire.script.append(refusal(400, "InvalidName"))
    await outcome(lean)
    assert by_botocore(caplog) == 1
    assert wire.connections == 2  # one of each client: the lean way has no pool of its own


@pytest.mark.parametrize("token", [None, "a/session+token=="])
async def test_each_start_is_signed_with_what_the_credentials_are_then(
    token: str | None, lean: Clients, wire: Wire
) -> None:
    others: Any = Changing([None, token, "another", token])
    lean.sfn._request_signer._credentials = others  # type: ignore[attr-defined]
    for _ in range(3):
        await lean.starter.start_execution(**GIVEN)
    shown = [each.headers.get("x-amz-security-token") for each in wire.asked]
    assert shown == [None, token, "another"]
    for each, credentials in zip(wire.asked, others.shown, strict=False):
        assert signed(each, wire.url, credentials.access_key, credentials.secret_key)


async def test_what_a_hook_of_botocore_s_adds_is_sent(
    environment: pytest.MonkeyPatch, wire: Wire, opened: tuple[Clients, Clients]
) -> None:
    environment.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    environment.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793")
    for clients in opened:
        await clients.starter.start_execution(**GIVEN)
    first, second = compared(wire.asked)
    assert first == second
    assert "x-amzn-trace-id" in wire.asked[0].headers


async def test_without_credentials_nothing_is_sent(lean: Clients, wire: Wire) -> None:
    lean.sfn._request_signer._credentials = None  # type: ignore[attr-defined]
    with pytest.raises(NoCredentialsError):
        await lean.starter.start_execution(**GIVEN)
    assert wire.asked == []


async def test_an_answer_that_does_not_come_is_botocore_s_timeout(
    wire: Wire, opened: tuple[Clients, Clients]
) -> None:
    found = []
    for clients in opened:
        wire.script.extend([HANG, HANG])
        session = await clients.sfn._endpoint.http_session._get_session(None)  # type: ignore[attr-defined]
        session._timeout = ClientTimeout(sock_read=0.05)
        found.append(await outcome(clients))
    assert found[0] == found[1]
    assert "ReadTimeoutError" in str(found[0])
    assert len(wire.asked) == 4


async def test_a_cancelled_start_ends_with_its_connection(lean: Clients, wire: Wire) -> None:
    wire.script.append(HANG)
    wire.came.clear()
    starting = asyncio.ensure_future(outcome(lean))
    await wire.came.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert await lean.starter.start_execution(**GIVEN)
    assert wire.connections == 3


class Heard(RemoteClock):
    """Keeps between which moments an answer came."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[tuple[float, float]] = []

    def heard(self, *_: Any, asked_at: float, answered_at: float) -> None:
        self.spans.append((asked_at, answered_at))


@pytest.mark.parametrize("answer", [OK, refusal(400, "InvalidName")], ids=["started", "refused"])
async def test_the_date_of_an_answer_is_heard_with_when_it_was_asked_for(
    answer: bytes, lean: Clients, wire: Wire
) -> None:
    remote = Heard()
    hear_dates(lean.sfn, remote)
    wire.script.append(answer)
    began_at = time.monotonic()
    await outcome(lean)
    [(asked_at, answered_at)] = remote.spans
    assert began_at <= asked_at <= wire.asked[0].at <= answered_at <= time.monotonic()


async def test_a_start_gives_back_to_the_quota_of_retries(lean: Clients) -> None:
    emitter = lean.sfn.meta.events._emitter  # type: ignore[attr-defined]
    hooks = emitter._handlers.prefix_search("after-call.sfn.StartExecution")
    [quota] = [hook.__self__._quota for hook in hooks if "quota" in getattr(hook, "__name__", "")]
    quota.acquire(10)
    before = quota.available_capacity
    await lean.starter.start_execution(**GIVEN)
    assert quota.available_capacity == before + 1


@pytest.mark.parametrize("event", ["before-sign", "before-send", "after-call", "needs-retry"])
async def test_hooks_of_others_see_every_start(event: str, lean: Clients) -> None:
    seen = []

    def hook(event_name: str, **_: Any) -> None:
        seen.append(event_name)

    lean.sfn.meta.events.register(event, hook)
    await lean.starter.start_execution(**GIVEN)
    await lean.starter.start_execution(**GIVEN)
    assert len(seen) == 2
    lean.sfn.meta.events.unregister(event, hook)
    await lean.starter.start_execution(**GIVEN)
    assert len(seen) == 2


async def test_instrumentation_sees_every_start(
    lean: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenTelemetry wraps the client's class so."""
    seen = []

    async def instrumented(wrapped: Any, _: Any, given: Any, options: Any) -> Any:
        seen.append(given[0])
        return await wrapped(*given, **options)

    base: Any = AioBaseClient
    wrapper = wrapt.FunctionWrapper(base._make_api_call, instrumented)
    with monkeypatch.context() as patch:
        patch.setattr(base, "_make_api_call", wrapper)
        await lean.starter.start_execution(**GIVEN)
        await lean.starter.start_execution(**GIVEN)
    assert seen == ["StartExecution"] * 2
    await lean.starter.start_execution(**GIVEN)
    assert len(seen) == 2


@pytest.mark.parametrize("behind", ["/", "/base", "/base/", "/two words%20there/"])
async def test_a_path_of_the_endpoint_stays(behind: str, wire: Wire) -> None:
    async with open_clients(AwsConfig(endpoint_url=wire.url + behind.replace(" ", "+"))) as clients:
        for _ in range(2):
            await clients.starter.start_execution(**GIVEN)
    first, second = compared(wire.asked)
    assert first == second


async def test_behind_a_proxy_starts_are_botocore_s(
    environment: pytest.MonkeyPatch, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    environment.setenv("http_proxy", wire.url)
    caplog.set_level(logging.DEBUG, "botocore.endpoint")
    async with open_clients(AwsConfig(endpoint_url="http://states.example.com")) as clients:
        for _ in range(2):
            await clients.starter.start_execution(**GIVEN)
    assert by_botocore(caplog) == 2
    assert [each.line.split()[1] for each in wire.asked] == ["http://states.example.com/"] * 2


@pytest.mark.parametrize(
    ("config", "lean"),
    [(AwsConfig(), True), (AwsConfig(lean_start=False), False), (AwsConfig(fast=False), False)],
    ids=["usual", "turned off", "all turned off"],
)
async def test_it_can_be_turned_off(config: AwsConfig, lean: bool) -> None:
    async with open_clients(config) as clients:
        assert isinstance(clients.starter, LeanStart) is lean
        assert lean or clients.starter is clients.sfn
