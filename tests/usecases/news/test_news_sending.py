"""A process takes part once it knows where executions live; who is told may change meanwhile."""

from collections.abc import AsyncIterator, Sequence

import pytest
from structlog.testing import capture_logs

from handrail.core.errors import SettingsError, Unavailable
from handrail.core.models import Account
from handrail.core.news.subscriptions import NewsSubscription
from handrail.usecases.news.news_sending import NewsSending
from tests.fakes import ACCOUNT, run_until_idle
from tests.killed_news.processes import Life, NewsProcess

from .news_stage import NewsStage, subscription
from .test_news_work import Slow


class Sending:
    def __init__(self) -> None:
        self.stage = NewsStage(subscription("started"))
        self.receiver = Slow()
        self.receiver.takes.set()
        self.process = NewsProcess(self.stage, self.receiver, Life(), "one", starts=False)
        self.away = 0
        self.error: Exception = Unavailable("Away.")
        self.refused = False
        self.sending = NewsSending(
            self.stage.subscribers,
            self.process.leader,
            self.process.work,
            self.account,
            self.asked,
            self.stage.clock,
        )
        self.stage.subscribers.replace([])

    async def account(self) -> Account:
        if self.away:
            self.away -= 1
            raise self.error
        return await self.stage.catalogue.account()

    def asked(self, account: Account) -> Sequence[NewsSubscription]:
        assert account == ACCOUNT
        if self.refused:
            raise SettingsError("orders: notify[0]: can't be read")
        return [subscription("started")]

    async def push(self, id: str) -> None:
        self.process.push(self.stage.begin(id).events, id)
        await run_until_idle()
        await run_until_idle()

    @property
    def heard(self) -> list[str]:
        return [id for id, _ in self.receiver.heard]


@pytest.fixture
async def one() -> AsyncIterator[Sending]:
    one = Sending()
    yield one
    await one.process.bury()
    await one.stage.hub.close()


async def test_it_begins_when_the_account_is_known(one: Sending) -> None:
    one.away = 2
    one.sending.start()
    await run_until_idle()
    assert (one.process.leader.leads, one.stage.subscribers.by_id) == (False, {})
    await one.stage.clock.advance(5)
    assert one.process.leader.leads
    await one.push("orders:one")
    assert one.heard == ["orders:one:1"]


async def test_it_begins_whatever_kept_the_account_unknown(one: Sending) -> None:
    one.away, one.error = 2, ZeroDivisionError()
    one.sending.start()
    await one.stage.clock.advance(5)
    assert one.process.leader.leads


async def test_what_can_t_be_read_once_the_account_is_known_is_said(one: Sending) -> None:
    one.refused = True
    with capture_logs() as logs:
        one.sending.start()
        await run_until_idle()
    assert [each["event"] for each in logs] == ["news are not sent here"]
    assert not one.process.leader.leads


async def test_others_are_told_from_a_change_on(one: Sending) -> None:
    one.sending.start()
    await run_until_idle()
    await one.sending.replace([subscription("failed", id="f" * 12)])
    await run_until_idle()
    assert one.process.leader.leads
    await one.push("orders:one")
    assert one.heard == []
    await one.sending.replace([subscription("started")])
    await run_until_idle()
    await one.push("orders:two")
    assert "orders:two:1" in one.heard


async def test_at_the_end_the_lead_is_given_back(one: Sending) -> None:
    one.sending.start()
    await run_until_idle()
    assert not await one.stage.outbox.lead("two", 10)
    await one.sending.close()
    await one.sending.close()
    assert await one.stage.outbox.lead("two", 10)


async def test_one_that_never_began_ends_too(one: Sending) -> None:
    one.away = 1000
    one.sending.start()
    await run_until_idle()
    await one.sending.close()
    assert not one.process.leader.leads
