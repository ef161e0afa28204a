"""AWS throttles, breaks, hangs or goes away: no request takes longer than it may, none is a 500,
and everything is as before once AWS is back."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from handrail.core.breaker import BreakerState
from handrail.telemetry.metrics import BREAKER_LEVELS
from tests.stubs.stepfunctions import Refusal, StepFunctionsStub
from tests.web.conftest import Serving
from tests.web.routes.test_health import samples
from tests.web.served import DEADLINE_S, Message, Served, eventually
from tests.web.stories import ran, running, succeeded
from tests.web.test_problems_faults import CALLS

ONE = "/v1/executions/order:one"
MACHINES = "/v1/state-machines"
LIMIT_S = 1.2
SLACK_S = DEADLINE_S
PATIENT = {"read_timeout_s": 60}
"""For a loaded machine: what is asserted is that nothing waits for AWS any longer."""
QUICK = {"request_timeout_s": LIMIT_S, "breaker_failures": 3, "breaker_recovery_s": 0.3}


def throttling(stub: StepFunctionsStub, operation: str) -> None:
    stub.fail_next(operation, code="ThrottlingException", times=99)


def breaking(stub: StepFunctionsStub, operation: str) -> None:
    stub.fail_next(operation, code="InternalFailure", status=500, times=99)


def hanging(stub: StepFunctionsStub, operation: str) -> None:
    stub.hang_next(operation, times=99)


def dropping(stub: StepFunctionsStub, operation: str) -> None:
    stub.drop_next(operation, times=99, applied=False)


Fault = Callable[[StepFunctionsStub, str], None]


def mended(stub: StepFunctionsStub) -> None:
    """What was told to fail fails no more."""
    stub._faults.clear()
    stub.release()


@pytest.mark.parametrize("fault", [throttling, breaking, hanging, dropping])
async def test_with_aws_failing_in_any_way_every_request_is_answered_in_time(
    serve: Serving, fault: Fault
) -> None:
    async with serve(**QUICK, **PATIENT, catalogue_ttl_s=600) as served:
        running(served.stub)
        await served.get(MACHINES)
        for operation, _, _ in CALLS:
            if operation != "StartSyncExecution":  # five minutes by right
                fault(served.stub, operation)

        async def ask(operation: str, method: str, path: str) -> None:
            began_at = time.monotonic()
            answer = await served.call(method, path)
            wait_s = 1 if "wait=1" in path else 0
            assert time.monotonic() - began_at < LIMIT_S + wait_s + SLACK_S
            assert answer.status in {200, 503, 504}, answer.body
            assert answer.status != 200 or operation in {"ListStateMachines", "StartSyncExecution"}
            if answer.status != 200:
                assert answer.body["retryable"] is True
                assert int(answer.headers["retry-after"]) >= 1

        for _ in range(3):
            await asyncio.gather(*(ask(*call) for call in CALLS))


async def test_a_line_of_reads_that_is_too_long_is_not_joined(serve: Serving) -> None:
    settings = {"request_timeout_s": 60, "live_reads_per_s": 0.01, "live_reads_burst": 1}
    async with serve(**settings) as served:
        running(served.stub)
        running(served.stub, "two")
        assert (await served.get("/v1/executions/order:two")).status == 200  # the only token
        async with asyncio.timeout(DEADLINE_S):
            answer = await served.get(ONE)
        assert (answer.status, answer.body["code"]) == (503, "overloaded")
        assert int(answer.headers["retry-after"]) > 1


async def test_the_breaker_opens_answers_at_once_and_closes_again(serve: Serving) -> None:
    async with serve(**QUICK, catalogue_ttl_s=600) as served:
        path, stub = f"{MACHINES}/order/executions", served.stub
        breaking(stub, "StartExecution")
        for _ in range(3):
            assert (await served.post(path, {})).status == 503
        refused = await served.post(path, {})
        assert (refused.status, refused.body["code"]) == (503, "unavailable")
        assert stub.calls["StartExecution"] == 3
        assert await levels(served) == {"ListStateMachines": "closed", "StartExecution": "open"}
        not_sent = await samples(served, "handrail_aws_calls_not_sent", "operation")
        assert not_sent["StartExecution",] == 1

        ready = await served.get("/readyz")
        assert (ready.status, ready.body) == (
            200,
            {"status": "degraded", "open_operations": ["StartExecution"]},
        )
        mended(stub)
        await recovered(served, lambda: served.post(path, {}), 202)
        assert (await served.get("/readyz")).body == {"status": "ok"}
        assert (await levels(served))["StartExecution"] == "closed"


async def test_throttles_open_no_breaker(serve: Serving) -> None:
    async with serve(**QUICK, catalogue_ttl_s=600) as served:
        throttling(served.stub, "StartExecution")
        for _ in range(10):
            answer = await served.post(f"{MACHINES}/order/executions", {})
            assert (answer.status, answer.body["code"]) == (503, "throttled")
        assert served.stub.calls["StartExecution"] == 10
        assert (await served.get("/readyz")).body == {"status": "ok"}


async def test_one_operation_that_fails_doesn_t_make_it_unready_while_others_answer(
    serve: Serving,
) -> None:
    async with serve(**QUICK, catalogue_ttl_s=600) as served:
        await served.post(f"{MACHINES}/order/executions", {})
        breaking(served.stub, "ListStateMachines")
        ready = await served.get("/readyz")
        assert ready.status == 200


async def test_sockets_stay_up_hear_of_it_once_and_catch_up(serve: Serving) -> None:
    async with serve(**QUICK) as served:
        stub, arn = served.stub, running(served.stub)
        async with served.ready(f"{ONE}/ws?level=events") as socket:
            heard = [await socket.hear("subscribed")]
            mend = broken(stub, "GetExecutionHistory")
            error = await socket.hear()
            assert (error["type"], error["retryable"]) == ("error", True)
            await opened(served, "GetExecutionHistory")
            for _ in range(3):
                stub.append(arn, *ran("Charge"))
            stub.append(arn, succeeded({"paid": True}))
            before, began_at = stub.calls["GetExecutionHistory"], time.monotonic()
            await eventually(lambda: stub.calls["GetExecutionHistory"] == before + 2)
            assert time.monotonic() - began_at > 0.25, "two probes, a recovery time between them"
            mend()
            heard += await socket.hear_until(lambda message: message["type"] == "complete")
            assert await socket.closed() == 1000
        assert [m["type"] for m in heard if m["type"] == "error"] == [], "one error a streak"
        assert event_ids(heard) == list(range(2, 18))
        assert heard[-1]["output"] == {"paid": True}


async def test_a_socket_opened_in_an_outage_hears_why_and_then_everything(serve: Serving) -> None:
    async with serve(**QUICK, catalogue_ttl_s=600) as served:
        await served.get(MACHINES)
        running(served.stub)
        mend = broken(served.stub, "GetExecutionHistory")
        async with served.ready(f"{ONE}/ws") as socket:
            error = await socket.hear()
            assert (error["type"], error["code"]) == ("error", "unavailable")
            await opened(served, "GetExecutionHistory")
            mend()
            subscribed = await socket.hear()
            assert subscribed["type"] == "subscribed"
            assert subscribed["snapshot"]["status"] == "RUNNING"


async def levels(served: Served) -> dict[str, str]:
    """Each operation's breaker, as the metrics show it."""
    names = {level: state.value for state, level in BREAKER_LEVELS.items()}
    found = await samples(served, "handrail_aws_breaker", "operation")
    return {operation: names[int(level)] for (operation,), level in found.items()}


async def opened(served: Served, operation: str) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while (await levels(served)).get(operation) != BreakerState.OPEN.value:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def recovered(served: Served, ask: Callable[[], Any], status: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while (await ask()).status != status:  # noqa: ASYNC110 there is only asking
            await asyncio.sleep(0.05)


def event_ids(messages: list[Message]) -> list[int]:
    return [event["id"] for message in messages for event in message.get("events", [])]


def broken(stub: StepFunctionsStub, operation: str) -> Callable[[], None]:
    """Break an operation until what is answered is called."""
    whole = stub.account.operations[operation]

    def fail(_: object) -> dict[str, Any]:
        raise Refusal("InternalFailure", status=500)

    stub.answer(operation, fail)
    return lambda: stub.answer(operation, whole)
