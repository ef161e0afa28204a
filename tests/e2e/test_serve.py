"""`handrail serve` as a process: ending, being killed, and what it costs AWS."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
import websockets

from tests.server.free_port import free_port
from tests.server.wire import refused
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.telemetry.emf_documents import published
from tests.web.served import eventually
from tests.web.stories import entered, exited, running, succeeded

from .clients import close_code, hear, watching
from .processes import Process, log_lines, outcome, serving

ONE = "order:one"
START_ROUTE = "/v1/state-machines/<machine>/executions"


@pytest.fixture
async def stub() -> AsyncIterator[StepFunctionsStub]:
    async with StepFunctionsStub() as stub:
        stub.add_machine("order")
        yield stub


PATIENT = {
    "HANDRAIL_GRACEFUL_TIMEOUT_S": "60",
    "HANDRAIL_AWS_READ_TIMEOUT_S": "60",
    "HANDRAIL_REQUEST_TIMEOUT_S": "60",
}
"""None of which an end waits out."""


async def start(
    stub: StepFunctionsStub, stack: AsyncExitStack, *arguments: str, **variables: str
) -> Process:
    """The service in front of the stub, which must be free to answer meanwhile."""
    context = serving(stub.url, *arguments, **variables)
    process = await asyncio.to_thread(context.__enter__)
    stack.push(context.__exit__)
    return process


async def test_sigterm_under_load_tells_500_sockets_and_finishes_what_it_has(
    stub: StepFunctionsStub,
) -> None:
    arn = running(stub)
    async with AsyncExitStack() as stack:
        process = await start(stub, stack, **PATIENT)
        opening = (stack.enter_async_context(watching(process.port, ONE)) for _ in range(500))
        sockets = await asyncio.gather(*opening)
        await asyncio.gather(*(hear(socket, "subscribed") for socket in sockets))
        http = await stack.enter_async_context(aiohttp.ClientSession(process.url))
        events = f"/v1/executions/{ONE}/events"
        async with http.get(events) as answer:
            cursor = (await answer.json())["cursor"]
        polls = [
            asyncio.create_task(http.get(events, params={"after": cursor, "wait": "25"}))
            for _ in range(20)
        ]
        stub.slow_next("StartExecution", delay_s=0.8, times=10)
        starts = [
            asyncio.create_task(http.post("/v1/state-machines/order/executions", json={}))
            for _ in range(10)
        ]
        await eventually(lambda: stub.calls["StartExecution"] == 10)
        stub.append(arn, entered("Charge"))

        async def told(socket: websockets.ClientConnection) -> tuple[int, bool]:
            return await close_code(socket), await refused(process.port)

        codes = asyncio.gather(*map(told, sockets))
        exit_code = await asyncio.to_thread(process.end, signal.SIGTERM)
        assert set(await codes) == {(1012, True)}
        assert {(await poll).status for poll in polls} == {200}
        assert {(await start).status for start in starts} == {202}
        assert exit_code == 0
        assert [line for line in log_lines(process.errors) if line["level"] != "info"] == []


async def test_metrics_for_cloudwatch_are_lines_of_their_own_the_last_at_sigterm(
    stub: StepFunctionsStub,
) -> None:
    """Beside logs for people, which go elsewhere."""
    chosen = {"HANDRAIL_METRICS": "emf", "HANDRAIL_LOG_FORMAT": "console", "ENVIRONMENT": "prod"}
    async with AsyncExitStack() as stack:
        process = await start(stub, stack, **chosen)
        http = await stack.enter_async_context(aiohttp.ClientSession(process.url))
        for _ in range(3):
            async with http.post("/v1/state-machines/order/executions", json={}) as started:
                assert started.status == 202
        async with http.get("/metrics") as shown:
            assert "handrail_starts_total" in await shown.text()
        assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0
        assert process.child.stdout is not None
        found = published(await asyncio.to_thread(process.child.stdout.read))
        assert "execution started" in process.errors
    stage = ("Stage", "prod")
    assert sum(found["Starts", (stage, ("Outcome", "started"))]) == 3
    assert sum(found["AwsCalls", (stage, ("Operation", "StartExecution"), ("Outcome", "ok"))]) == 3
    [timed] = found["HttpRequestSeconds", (stage, ("Route", START_ROUTE))]
    assert timed["Count"] == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_it_at_once(
    stub: StepFunctionsStub, number: signal.Signals
) -> None:
    async with AsyncExitStack() as stack:
        context = serving(stub.url, HANDRAIL_DRAIN_DELAY_S="60")
        process = await asyncio.to_thread(context.__enter__)
        stack.push(context.__exit__)
        http = await stack.enter_async_context(aiohttp.ClientSession(process.url))
        process.child.send_signal(signal.SIGTERM)
        while (await http.get("/readyz")).status != 503:
            continue
        assert (await http.get("/v1/state-machines")).status == 200
        exit_code = await asyncio.to_thread(process.end, number)
        assert exit_code != 0


async def test_sigterm_doesn_t_wait_for_an_aws_that_hangs(stub: StepFunctionsStub) -> None:
    async with AsyncExitStack() as stack:
        process = await start(stub, stack, **{**PATIENT, "HANDRAIL_GRACEFUL_TIMEOUT_S": "1"})
        stub.hang_next("ListStateMachines")
        http = await stack.enter_async_context(aiohttp.ClientSession(process.url))
        asked = asyncio.create_task(http.get("/v1/state-machines"))
        await stub.called("ListStateMachines")
        exit_code = await asyncio.to_thread(process.end, signal.SIGTERM)
        assert exit_code == 0
        await asyncio.wait({asked})
        assert asked.result().status == 503
        (line,) = (line for line in log_lines(process.errors) if line["level"] != "info")
        assert (line["event"], line["status"]) == ("request", 503)


async def test_a_killed_service_loses_and_repeats_no_event(stub: StepFunctionsStub) -> None:
    arn, port = running(stub), str(free_port())
    seen: list[int] = []
    asked: dict[str, str] = {"level": "events"}
    async with AsyncExitStack() as stack:
        for number in range(3):
            process = await start(stub, stack, "--port", port)
            async with watching(int(port), ONE, **asked) as socket:
                first = await hear(socket, "subscribed")
                assert first["recovered"] is (number > 0)
                stub.append(arn, entered(f"A{number}"), exited(f"A{number}"))
                update = await hear(socket, "update")
                seen += [event["id"] for event in update["events"]]
                asked["after"] = update["cursor"]
                await asyncio.to_thread(process.end, signal.SIGKILL)
                with pytest.raises(websockets.ConnectionClosed):
                    await hear(socket, "complete")
                stub.append(arn, entered(f"B{number}"), exited(f"B{number}"))
        stub.append(arn, succeeded())
        await start(stub, stack, "--port", port)
        async with watching(int(port), ONE, **asked) as socket:
            while (message := await hear(socket, "update", "complete"))["type"] == "update":
                seen += [event["id"] for event in message["events"]]
    assert seen == [*range(2, len(stub.execution(arn).events) + 1)]


async def test_200_sockets_cost_aws_no_more_than_one(stub: StepFunctionsStub) -> None:
    async with AsyncExitStack() as stack:
        process = await start(stub, stack)
        costs = []
        for name, size in (("alone", 1), ("crowd", 200)):
            arn, before = running(stub, name), stub.calls.total()
            async with AsyncExitStack() as held:
                opening = (
                    held.enter_async_context(watching(process.port, f"order:{name}"))
                    for _ in range(size)
                )
                sockets = await asyncio.gather(*opening)
                await asyncio.gather(*(hear(socket, "subscribed") for socket in sockets))
                for number in range(5):
                    stub.append(arn, entered(f"S{number}"))
                    await asyncio.gather(*(hear(socket, "update") for socket in sockets))
            costs.append(stub.calls.total() - before)
        # The reads follow a timer, so the crowd's slower delivery may see a few more of them.
        assert costs[1] < costs[0] + 60


async def test_without_aws_it_serves_and_isn_t_ready() -> None:
    async with AsyncExitStack() as stack:
        context = serving(f"http://127.0.0.1:{free_port()}")
        process = await asyncio.to_thread(context.__enter__)
        stack.push(context.__exit__)
        http = await stack.enter_async_context(aiohttp.ClientSession(process.url))
        statuses = []
        for path in ("/healthz", "/readyz", "/v1/state-machines"):
            async with http.get(path) as answer:
                statuses.append(answer.status)
        assert statuses == [200, 503, 503]


def test_a_port_in_use_is_one_line_and_exit_2() -> None:
    with serving("http://127.0.0.1:9") as process:
        result = outcome("serve", "--port", str(process.port))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        f"Error: can't listen on 127.0.0.1:{process.port}: Address already in use"
    ]


def test_a_missing_region_is_one_line_and_exit_2() -> None:
    result = outcome("serve", "--port", "0", AWS_REGION=None)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert "AWS_REGION" in result.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HANDRAIL_WS_HEARTBEAT_S", "0"),
        ("AWS_ENDPOINT_URL_SFN", "not a url"),
        ("AWS_PROFILE", "nobody"),
    ],
)
def test_a_bad_setting_is_one_line_and_exit_2(variable: str, value: str) -> None:
    result = outcome("serve", "--port", "0", **{variable: value})
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert variable in result.stderr or value in result.stderr
