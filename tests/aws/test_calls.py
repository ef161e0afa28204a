"""Every call to AWS is counted once, with how it ended and how long it took."""

import asyncio
from collections.abc import Iterator

import pytest
from botocore.exceptions import NoCredentialsError

from handrail.aws.calls import AwsCalls
from handrail.core.errors import UpstreamRefused


class Tape:
    """A meter that remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, float]] = []

    def aws_call(self, operation: str, outcome: str, elapsed_s: float) -> None:
        self.calls.append((operation, outcome, elapsed_s))


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture
def metered(tape: Tape) -> AwsCalls:
    ticks: Iterator[float] = iter((10.0, 10.5))
    return AwsCalls(tape, clock=lambda: next(ticks))


async def test_an_answer_counts_as_ok(metered: AwsCalls, tape: Tape) -> None:
    async def answer() -> int:
        return 7

    assert await metered.call("DescribeExecution", answer()) == 7
    assert tape.calls == [("DescribeExecution", "ok", 0.5)]


async def test_a_failure_counts_under_its_code(metered: AwsCalls, tape: Tape) -> None:
    async def fail() -> None:
        raise NoCredentialsError

    with pytest.raises(UpstreamRefused):
        await metered.call("StopExecution", fail())
    assert tape.calls == [("StopExecution", "upstream_refused", 0.5)]


async def test_a_cancelled_call_counts_too(metered: AwsCalls, tape: Tape) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(metered.call("GetExecutionHistory", hang()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tape.calls == [("GetExecutionHistory", "cancelled", 0.5)]
