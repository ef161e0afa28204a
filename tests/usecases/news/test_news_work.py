"""Who leads finds news and sends it, and ends in order."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from handrail.usecases.news.news_work import FINISH_S
from tests.fakes import run_until_idle
from tests.killed_news.processes import Life, NewsProcess, Receiver

from .news_stage import NewsStage, subscription


class Slow(Receiver):
    """Takes what comes when it is told to."""

    def __init__(self) -> None:
        self.heard, self.takes, self.asked = [], asyncio.Event(), 0

    async def deliver(self, delivery: object) -> None:
        self.asked += 1
        await self.takes.wait()
        self.heard.append((str(getattr(delivery, "id", "")), ""))


@pytest.fixture
async def stage() -> AsyncIterator[NewsStage]:
    stage = NewsStage(subscription("started", "failed"))
    await stage.catalogue.list_all()
    yield stage
    await stage.hub.close()


async def test_what_is_found_is_sent_at_once(stage: NewsStage) -> None:
    receiver = Slow()
    receiver.takes.set()
    process = NewsProcess(stage, receiver, Life(), "one")
    await run_until_idle()
    process.push(stage.begin().events, "orders:one")
    await run_until_idle()
    await run_until_idle()
    assert receiver.heard == [("orders:one:1", "")]
    await process.bury()


async def test_at_the_end_what_is_being_sent_arrives_and_nothing_new_is_found(
    stage: NewsStage,
) -> None:
    receiver = Slow()
    process = NewsProcess(stage, receiver, Life(), "one")
    await run_until_idle()
    process.push(stage.begin().events, "orders:one")
    await run_until_idle()
    await run_until_idle()
    ending = asyncio.ensure_future(process.work.finish())
    await run_until_idle()
    process.push(stage.begin("orders:two").events, "orders:two")
    assert (receiver.asked, ending.done()) == (1, False)
    receiver.takes.set()
    await run_until_idle()
    assert ending.done()
    assert receiver.heard == [("orders:one:1", "")]
    assert await stage.told() == []
    await process.work.finish()
    await process.bury()


async def test_a_receiver_that_never_answers_holds_the_end_up_for_some_seconds_alone(
    stage: NewsStage,
) -> None:
    receiver = Slow()
    process = NewsProcess(stage, receiver, Life(), "one")
    await run_until_idle()
    process.push(stage.begin().events, "orders:one")
    await run_until_idle()
    await run_until_idle()
    ending = asyncio.ensure_future(process.work.finish())
    await stage.clock.advance(4)
    assert ending.done()
    assert await stage.told() == ["orders:one:1 started"]  # it waits for who leads next
    await process.bury()


async def test_an_outbox_that_hangs_holds_the_end_up_for_some_seconds_alone(
    stage: NewsStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(InMemoryOutbox, "due", never)
    process = NewsProcess(stage, Slow(), Life(), "one")
    await run_until_idle()
    ending = asyncio.ensure_future(process.work.finish())
    await stage.clock.advance(FINISH_S)
    assert ending.done()
    await process.bury()
