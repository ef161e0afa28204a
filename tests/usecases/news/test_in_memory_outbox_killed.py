"""A leader that is killed at each of its calls to the outbox's store, and the one after it: nothing
is lost, and nothing doubled but what was being sent."""

import asyncio

import pytest

from handrail.core.models import ExecutionId
from tests.outboxes import Outboxes

from .leading import FEW, NEWS, Told, check_outbox, lead

pytestmark = pytest.mark.asyncio(loop_scope="session")

FEWEST = {"memory": 15, "table": 5, "bus": 15}
"""Calls that a leader makes, for each event and each delivery one at least: of a table, writes."""


class Death:
    """At its so-manieth call."""

    def __init__(self, at: int) -> None:
        self.at, self.passed = at, 0

    async def pass_by(self) -> None:
        if self.passed == self.at:
            raise asyncio.CancelledError
        self.passed += 1


async def told_by_two(outboxes: Outboxes, death: Death) -> Told:
    """By one that dies, and by the one after it."""
    news = FEW if outboxes.kind == "table" else NEWS
    told = Told(ExecutionId("orders", str(death.at)), news)
    try:
        await lead(outboxes.replica(death.pass_by), outboxes.clock, told)
    except asyncio.CancelledError:
        await lead(outboxes.replica(), outboxes.clock, told)
    doubled = len(told.sent) - (sum(map(len, news.values())) - 1)
    assert doubled <= 1, f"killed at call {death.at}"
    return told


async def test_no_news_is_lost_whenever_the_leader_is_killed(outboxes: Outboxes) -> None:
    """At each of its calls, in turn, on the same store."""
    told = list[Told]()
    async with asyncio.timeout(120):
        while True:
            death = Death(len(told))
            told.append(await told_by_two(outboxes, death))
            if death.passed < death.at:
                break
        assert death.passed > FEWEST[outboxes.kind]
        await check_outbox(outboxes.replica(), *told)
