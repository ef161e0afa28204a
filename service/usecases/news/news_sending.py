"""Has this process take its part in telling news, as one of a fleet: it leads, or waits to lead."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from handrail.clock import Clock
from handrail.core.errors import ServiceError, SettingsError
from handrail.core.models import Account
from handrail.core.news.subscriptions import NewsSubscription
from handrail.core.pacing import backoff

from .leader import Leader
from .news_work import NewsWork
from .subscribers import Subscribers

log = structlog.get_logger(__name__)

AGAIN_S, LONGEST_AGAIN_S = 1.0, 30.0


@dataclass(slots=True, repr=False)
class NewsSending:
    """`account` says where executions live, whose number files of state machines may hold, and
    `subscriptions` who is to be told there."""

    subscribers: Subscribers
    leader: Leader
    work: NewsWork
    account: Callable[[], Awaitable[Account]]
    subscriptions: Callable[[Account], Sequence[NewsSubscription]]
    clock: Clock
    _task: asyncio.Task[None] | None = field(init=False, default=None)

    def start(self) -> None:
        """Until `close`."""
        context = contextvars.Context()
        self._task = asyncio.get_running_loop().create_task(self._start(), context=context)

    async def close(self) -> None:
        """Find nothing more, let what is being sent arrive, and give the lead back. Safe to call
        twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.work.finish()
        await self.leader.close()

    async def replace(self, subscriptions: Sequence[NewsSubscription]) -> None:
        """Those of now: whoever leads begins anew with them."""
        self.subscribers.replace(subscriptions)
        if self.leader.leads:
            await self.work.finish()
            await self.leader.close()
            self.leader.start()

    async def _start(self) -> None:
        account = await self._known_account()
        try:
            self.subscribers.replace(self.subscriptions(account))
        except SettingsError as error:  # of files that hold the account's number
            log.error("news are not sent here", why=str(error))
        else:
            self.leader.start()

    async def _known_account(self) -> Account:
        failures = 0
        while True:
            try:
                return await self.account()
            except Exception as error:
                failures += 1
                code = error.code if isinstance(error, ServiceError) else type(error).__name__
                log.warning("news wait for a state machine to be known", code=code)
                pause_s = backoff(failures, first_s=AGAIN_S, max_s=LONGEST_AGAIN_S)
                await self.clock.sleep(pause_s)
