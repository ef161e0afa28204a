"""An operation of AWS that fails again and again is no longer asked, until it answers."""

import asyncio
import gc
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from structlog.testing import capture_logs

from handrail.aws.breaker import Breakers
from handrail.aws.calls import LONG_CALLS_S, AwsCalls
from handrail.aws.clients import AwsConfig, open_clients
from handrail.core.breaker import BreakerState
from handrail.core.errors import (
    ExecutionNotFound,
    ServiceError,
    Throttled,
    Unavailable,
    UpstreamRefused,
)
from handrail.settings import Settings
from tests.stubs.stepfunctions import StepFunctionsStub


class Board:
    """Shows what a meter is told."""

    def __init__(self) -> None:
        self.states: dict[str, BreakerState] = {}
        self.refused: Counter[str] = Counter()

    def breaker(self, operation: str, state: BreakerState) -> None:
        self.states[operation] = state

    def not_sent(self, operation: str) -> None:
        self.refused[operation] += 1


class Line:
    """Calls through breakers, at a time that stands still unless told; `sent` counts them."""

    def __init__(self, *, threshold: int = 3) -> None:
        self.now = 0.0
        self.sent = 0
        self.board = Board()
        self.breakers = Breakers(self.board, threshold=threshold, recovery_s=5)
        self.calls = AwsCalls(breakers=self.breakers, clock=lambda: self.now)

    async def send(
        self, error: Exception | None = None, *, operation: str = "DescribeExecution"
    ) -> None:
        async def answer() -> None:
            self.sent += 1
            if error is not None:
                raise error

        await self.calls.call(operation, answer())

    async def fail(self, error: Exception, *, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(ServiceError):
                await self.send(error)


def answered(code: str, status: int = 400) -> ClientError:
    metadata = {"HTTPStatusCode": status, "RequestId": "aws-1"}
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": metadata}
    return ClientError(answer, "DescribeExecution")


BROKEN = answered("InternalFailure", 500)


async def test_an_operation_that_fails_so_often_isn_t_asked() -> None:
    line = Line()
    await line.fail(BROKEN, times=3)
    with pytest.raises(Unavailable) as caught:
        await line.send()
    assert line.sent == 3
    assert caught.value.retry_after_s == 5
    assert line.board.refused == {"DescribeExecution": 1}
    assert line.breakers.open_operations == ("DescribeExecution",)


async def test_a_call_that_isn_t_made_leaves_nothing_behind(
    recwarn: pytest.WarningsRecorder,
) -> None:
    line = Line(threshold=1)
    await line.fail(BROKEN)
    with pytest.raises(Unavailable):
        await line.send()
    gc.collect()
    assert [warning.message for warning in recwarn] == []


async def test_other_operations_go_on() -> None:
    line = Line(threshold=1)
    await line.fail(BROKEN)
    await line.send(operation="StartExecution")
    assert line.board.states == {
        "DescribeExecution": BreakerState.OPEN,
        "StartExecution": BreakerState.CLOSED,
    }


async def test_one_call_tries_again_and_its_answer_closes() -> None:
    line = Line()
    await line.fail(BROKEN, times=3)
    line.now = 5.0
    await line.send()
    assert line.board.states == {"DescribeExecution": BreakerState.CLOSED}
    await line.send()
    assert line.breakers.open_operations == ()


async def test_while_one_tries_again_the_others_are_told_at_once() -> None:
    line = Line(threshold=1)
    await line.fail(BROKEN)
    line.now, begun, over = 5.0, asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        begun.set()
        await over.wait()

    probe = asyncio.create_task(line.calls.call("DescribeExecution", slow()))
    await begun.wait()
    assert line.board.states["DescribeExecution"] is BreakerState.HALF_OPEN
    with pytest.raises(Unavailable):
        await line.send()
    over.set()
    await probe
    await line.send()


async def test_a_probe_whose_client_left_is_no_verdict() -> None:
    line = Line(threshold=1)
    await line.fail(BROKEN)
    line.now = 5.0
    probe = asyncio.create_task(line.calls.call("DescribeExecution", asyncio.sleep(60)))
    await asyncio.sleep(0)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    await line.send()
    assert line.breakers.open_operations == ()


@pytest.mark.parametrize(
    "error", [answered("ThrottlingException"), answered("ExecutionDoesNotExist")]
)
async def test_a_throttle_and_a_refused_value_are_answers(error: Exception) -> None:
    line = Line()
    await line.fail(error, times=20)
    assert line.breakers.open_operations == ()
    await line.fail(BROKEN, times=2)
    await line.fail(error)
    await line.fail(BROKEN, times=2)
    assert line.breakers.open_operations == ()


async def test_a_call_that_never_ends_is_given_up_on_and_counts() -> None:
    breakers = Breakers(threshold=1)
    calls = AwsCalls(breakers=breakers, limit_s=0.01)
    with pytest.raises(Unavailable, match="in time"):
        await calls.call("StartExecution", asyncio.Event().wait())
    assert breakers.open_operations == ("StartExecution",)


async def test_calls_that_are_long_by_right_keep_their_time() -> None:
    calls = AwsCalls(limit_s=0.001)
    for operation in LONG_CALLS_S:
        await calls.call(operation, asyncio.sleep(0.01))


async def test_quiet_is_how_long_nothing_was_answered() -> None:
    line = Line(threshold=99)
    assert line.calls.quiet_s == float("inf")
    await line.fail(BROKEN)
    await line.fail(answered("AccessDeniedException"))
    assert line.calls.quiet_s == float("inf"), "neither is an answer to a request"
    await line.fail(answered("ExecutionDoesNotExist"))
    line.now = 3.0
    assert line.calls.quiet_s == 3


async def test_each_turn_is_one_line() -> None:
    line = Line()
    with capture_logs() as logs:
        await line.fail(BROKEN, times=3)
        with pytest.raises(Unavailable):
            await line.send()
        line.now = 5.0
        await line.fail(BROKEN)
        line.now = 10.0
        await line.send()
    turns = [
        (entry["before"], entry["state"])
        for entry in logs
        if entry["event"] == "aws breaker changed"
    ]
    assert turns == [
        ("closed", "open"),
        ("open", "half_open"),
        ("half_open", "open"),
        ("open", "half_open"),
        ("half_open", "closed"),
    ]


async def test_a_failure_is_logged_with_aws_s_request_id_and_what_it_was_about() -> None:
    async def fail() -> None:
        raise BROKEN

    arn = "arn:aws:states:us-east-1:123456789012:execution:order:one"
    with capture_logs() as logs, pytest.raises(Unavailable):
        await AwsCalls().call("DescribeExecution", fail(), resource=arn)
    assert logs == [
        {
            "event": "aws call failed",
            "log_level": "warning",
            "operation": "DescribeExecution",
            "code": "unavailable",
            "resource": arn,
            "aws_request_id": "aws-1",
        }
    ]


async def test_where_aws_gave_no_request_id_the_line_names_none() -> None:
    async def fail() -> None:
        raise TimeoutError

    with capture_logs() as logs, pytest.raises(Unavailable):
        await AwsCalls().call("DescribeExecution", fail())
    assert [log["event"] for log in logs] == ["aws call failed"]
    assert "aws_request_id" not in logs[0]


async def test_what_the_caller_did_wrong_isn_t_logged() -> None:
    async def fail() -> None:
        raise answered("ExecutionDoesNotExist")

    with capture_logs() as logs, pytest.raises(ExecutionNotFound):
        await AwsCalls().call("DescribeExecution", fail())
    assert logs == []


@pytest.mark.parametrize("attempts", [1, 2])
@pytest.mark.parametrize(
    ("fault", "code", "error"),
    [
        ("throttled", "ThrottlingException", Throttled),
        ("broken", "InternalFailure", Unavailable),
        ("refused", "AccessDeniedException", UpstreamRefused),
    ],
)
async def test_the_client_alone_repeats_a_call_and_the_breaker_counts_it_once(
    stub: StepFunctionsStub, attempts: int, fault: str, code: str, error: type[ServiceError]
) -> None:
    status = {"throttled": 400, "broken": 500, "refused": 400}[fault]
    stub.fail_next("ListStateMachines", code=code, status=status, times=9)
    breakers = Breakers(threshold=2)
    async with open_clients(AwsConfig(endpoint_url=stub.url, max_attempts=attempts)) as clients:
        calls = AwsCalls(breakers=breakers)
        with pytest.raises(error):
            await calls.call("ListStateMachines", clients.sfn.list_state_machines())
    assert stub.calls["ListStateMachines"] == (1 if fault == "refused" else attempts)
    assert breakers.open_operations == ()


def test_all_attempts_of_a_call_fit_into_the_request_they_are_made_for() -> None:
    """Waits before the second and third attempt: botocore's standard mode, 1 and 2 s at most."""
    settings = Settings()
    backoff_s = sum(min(20, 2**n) for n in range(settings.aws_max_attempts - 1))
    attempts_s = settings.aws_max_attempts * (
        settings.aws_connect_timeout_s + settings.aws_read_timeout_s
    )
    assert attempts_s + backoff_s < settings.request_timeout_s
