"""What is known of executions' traces, and what AWS is asked."""

from datetime import timedelta

import pytest

from handrail.core.errors import Throttled
from handrail.core.models import ExecutionId, to_ms
from handrail.core.pacing import TokenBucket
from handrail.core.read_queue import ReadQueue
from handrail.core.trace_context import TraceContext
from handrail.usecases.live.read_budget import PacedCalls
from handrail.usecases.traces import TraceContexts
from tests.fakes import ACCOUNT, BEGIN, FakeClock, FakeExecutions

ONE, EPOCH = ExecutionId("orders", "one"), to_ms(BEGIN)
TRACE = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True)


@pytest.fixture
def aws() -> FakeExecutions:
    return FakeExecutions(FakeClock())


def traces(aws: FakeExecutions, *, asks: float | None = 10) -> TraceContexts:
    clock, quota = FakeClock(), TokenBucket(0.001, asks or 0)
    calls = PacedCalls(ReadQueue(quota), clock)
    return TraceContexts(aws, calls, lambda: ACCOUNT, clock, looks_up=asks is not None)


async def test_what_was_started_here_is_known_without_asking(aws: FakeExecutions) -> None:
    known = traces(aws)
    known.note(aws.add("orders:one", trace=TRACE))
    await known.look_up(ONE, EPOCH)
    assert known.known(ONE, EPOCH) == TRACE
    assert "describe" not in aws.calls


async def test_of_another_s_start_aws_is_asked_once(aws: FakeExecutions) -> None:
    aws.add("orders:one", trace=TRACE)
    known = traces(aws)
    assert known.known(ONE, EPOCH) is None
    await known.look_up(ONE, EPOCH)
    await known.look_up(ONE, EPOCH)
    assert known.known(ONE, EPOCH) == TRACE
    assert aws.calls.count("describe") == 1


async def test_that_there_is_none_is_remembered_too(aws: FakeExecutions) -> None:
    aws.add("orders:one")
    known = traces(aws)
    await known.look_up(ONE, EPOCH)
    await known.look_up(ONE, EPOCH)
    assert known.known(ONE, EPOCH) is None
    assert await known.of(ONE, ACCOUNT, BEGIN) is None
    assert aws.calls.count("describe") == 1


async def test_an_execution_that_took_the_name_later_has_a_trace_of_its_own(
    aws: FakeExecutions,
) -> None:
    known = traces(aws)
    known.note(aws.add("orders:one", trace=TRACE))
    later = BEGIN + timedelta(days=91)
    assert known.known(ONE, to_ms(later)) is None
    other = TraceContext("a" * 32)
    aws.add("orders:one", trace=other, started_at=later)
    await known.look_up(ONE, to_ms(later))
    assert known.known(ONE, to_ms(later)) == other


@pytest.mark.parametrize("asks", [None, 0])
async def test_where_no_call_is_to_spare_aws_is_not_asked(
    aws: FakeExecutions, asks: float | None
) -> None:
    aws.add("orders:one", trace=TRACE)
    known = traces(aws, asks=asks)
    await known.look_up(ONE, EPOCH)
    assert known.known(ONE, EPOCH) is None
    assert "describe" not in aws.calls


async def test_what_aws_refuses_is_asked_again_later(aws: FakeExecutions) -> None:
    aws.add("orders:one", trace=TRACE)
    known = traces(aws)
    aws.fail("describe", Throttled("Slow down."))
    await known.look_up(ONE, EPOCH)
    assert known.known(ONE, EPOCH) is None
    await known.look_up(ONE, EPOCH)
    assert known.known(ONE, EPOCH) == TRACE


async def test_of_express_executions_aws_tells_nothing(aws: FakeExecutions) -> None:
    await traces(aws).look_up(ExecutionId("quick", "one", run="run"), EPOCH)
    assert aws.calls == []
