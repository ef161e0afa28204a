"""When AWS throttles, refuses, hangs or is gone: each has its answer, and none is a 500."""

import asyncio

import pytest

from .conftest import Serving
from .served import DEADLINE_S, Answer, Served
from .stories import running

STARTS = "/v1/state-machines/order/executions"
ONE = "/v1/executions/order:one"
CALLS = [
    ("ListStateMachines", "GET", "/v1/state-machines"),
    ("DescribeStateMachine", "GET", "/v1/state-machines/order"),
    ("StartExecution", "POST", STARTS),
    ("StartSyncExecution", "POST", "/v1/state-machines/price/sync-executions"),
    ("ListExecutions", "GET", "/v1/executions?state_machine=order"),
    ("GetExecutionHistory", "GET", ONE),
    ("GetExecutionHistory", "GET", ONE),
    ("GetExecutionHistory", "GET", f"{ONE}/events?wait=1"),
    ("GetExecutionHistory", "GET", f"{ONE}/tasks"),
    ("StopExecution", "POST", f"{ONE}/stop"),
    ("RedriveExecution", "POST", f"{ONE}/redrive"),
]
every_call = pytest.mark.parametrize(("operation", "method", "path"), CALLS)
LONG = "StartSyncExecution"
"""It may take five minutes by right."""


def assert_unavailable(answer: Answer, code: str = "unavailable") -> None:
    assert (answer.status, answer.body["code"], answer.body["retryable"]) == (503, code, True)
    assert 1 <= int(answer.headers["retry-after"]) <= 60


@every_call
async def test_a_throttle_is_a_503_to_come_back_after(
    served: Served, operation: str, method: str, path: str
) -> None:
    running(served.stub)
    served.stub.fail_next(operation, code="ThrottlingException")
    assert_unavailable(await served.call(method, path), "throttled")
    assert (await served.call(method, path)).status < 500


@every_call
async def test_a_refusal_is_a_502_that_tells_nothing(
    served: Served, operation: str, method: str, path: str
) -> None:
    running(served.stub)
    why = "User: arn:aws:iam::123456789012:user/secret is not authorized"
    served.stub.fail_next(operation, code="AccessDeniedException", message=why)
    answer = await served.call(method, path)
    assert (answer.status, answer.body["code"]) == (502, "upstream_refused")
    assert answer.body["retryable"] is False
    assert "secret" not in str(answer.body)


async def test_a_hanging_aws_is_a_503_in_time(serve: Serving) -> None:
    async with serve(request_timeout_s=60, breaker_failures=100) as served:
        running(served.stub)
        for operation, _, _ in CALLS:
            served.stub.hang_next(operation, times=99)
        quick = [call for operation, *call in CALLS if operation != LONG]
        async with asyncio.timeout(DEADLINE_S):
            answers = await asyncio.gather(*(served.call(*call) for call in quick))
        for answer in answers:
            assert_unavailable(answer)


@every_call
async def test_a_broken_aws_is_a_503(
    served: Served, operation: str, method: str, path: str
) -> None:
    running(served.stub)
    served.stub.fail_next(operation, code="InternalFailure", status=500)
    assert_unavailable(await served.call(method, path))
    served.stub.drop_next(operation, applied=False)
    assert_unavailable(await served.call(method, path))


async def test_with_aws_gone_everything_is_a_503_and_the_process_lives(serve: Serving) -> None:
    async with serve() as served:
        await served.stub.__aexit__(None, None, None)
        for _, method, path in CALLS:
            assert_unavailable(await served.call(method, path))
        assert (await served.get("/healthz")).status == 200
        ready = await served.get("/readyz")
        assert (ready.status, ready.body["status"]) == (503, "unreachable")


async def test_an_error_nobody_knows_is_no_500(served: Served) -> None:
    served.stub.fail_next("StartExecution", code="BrandNewException", message="secret")
    answer = await served.post(STARTS, {})
    assert answer.status == 422
    assert "secret" not in str(answer.body)


async def test_the_kind_of_answer_that_isn_t_aws_s_is_a_503(served: Served) -> None:
    served.stub.answer("ListStateMachines", lambda _: {"hello": "proxy"})
    assert_unavailable(await served.get("/v1/state-machines"))
