"""A queue of callbacks by SQS's rules, on the test's clock, and what settles what comes by it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import count

from handrail.core.callback_messages import QueuedMessage
from handrail.core.errors import ServiceError
from handrail.core.trace_context import TraceContext
from handrail.usecases.callback_consumer import CallbackConsumer
from handrail.usecases.machine_folder import KnownMachine
from handrail.usecases.queued_callbacks import QueuedCallbacks, Verdict
from handrail.usecases.tasks import TaskService
from tests.fakes import FakeClock, Port, run_until_idle

from .settling import LaggingHistories, Setting

SENDER = "AROAEXAMPLE:ada"


@dataclass
class Sent:
    """A message in the queue: seen again at a time, by the receipts it was given so far."""

    message: QueuedMessage
    visible_at: float = 0.0
    receipts: list[str] = field(default_factory=list)

    def hidden(self, now: float) -> bool:
        return bool(self.receipts) and now < self.visible_at


class FakeCallbackQueue(Port):
    """Implements `CallbackQueue`. A receipt is good until the message is received again."""

    def __init__(self, clock: FakeClock, *, fifo: bool = False, dead_letters: bool = True) -> None:
        super().__init__()
        self.clock, self.fifo = clock, fifo
        self.name = "callbacks.fifo" if fifo else "callbacks"
        self.has_dead_letters = dead_letters
        self.messages: list[Sent] = []
        self.buried: list[tuple[QueuedMessage, ServiceError]] = []
        self.deleted: list[str] = []
        self.shown: list[tuple[str, int]] = []
        self._ids, self._receipts = count(1), count(1)
        self._changed = asyncio.Event()

    def send(
        self, body: str, *, group: str | None = None, trace: TraceContext | None = None
    ) -> str:
        id = f"message-{next(self._ids)}"
        sent = QueuedMessage(id, "", body, sender=SENDER, group=group, trace=trace)
        self.messages.append(Sent(replace(sent, received=0)))
        self._tell()
        return id

    @property
    def ids(self) -> list[str]:
        return [sent.message.id for sent in self.messages]

    @property
    def visible(self) -> list[str]:
        now = self.clock.monotonic()
        return [sent.message.id for sent in self.messages if not sent.hidden(now)]

    async def dead_letters(self) -> str | None:
        await self._called("dead_letters")
        return "dead-letters" if self.has_dead_letters else None

    async def receive(
        self, limit: int, *, wait_s: int, visible_after_s: int
    ) -> Sequence[QueuedMessage]:
        await self._called("receive")
        ends_at = self.clock.monotonic() + wait_s
        while not (found := self._take(limit, visible_after_s)):
            if (now := self.clock.monotonic()) >= ends_at:
                return ()
            shown = [sent.visible_at for sent in self.messages if sent.hidden(now)]
            await self.clock.wait(self._changed, min([ends_at, *shown]) - now)
        return found

    def receive_now(self, limit: int = 10, *, visible_after_s: int = 30) -> list[QueuedMessage]:
        """As an event source mapping does."""
        return self._take(limit, visible_after_s)

    async def delete(self, message: QueuedMessage) -> None:
        await self._called("delete")
        for sent in self.messages:
            if sent.receipts and sent.receipts[-1] == message.receipt:
                self.messages.remove(sent)
                self.deleted.append(sent.message.id)
                self._tell()  # its group is free
                return

    async def show_after(self, message: QueuedMessage, seconds: int) -> None:
        await self._called("show_after")
        self.shown.append((message.id, seconds))
        for sent in self.messages:
            if sent.receipts and sent.receipts[-1] == message.receipt:
                sent.visible_at = self.clock.monotonic() + seconds
                self._tell()

    async def bury(self, message: QueuedMessage, problem: ServiceError) -> bool:
        await self._called("bury")
        if not self.has_dead_letters:
            return False
        self.buried.append((message, problem))
        return True

    def _tell(self) -> None:
        """Whoever waits now looks again."""
        self._changed.set()
        self._changed.clear()

    def _take(self, limit: int, visible_after_s: int) -> list[QueuedMessage]:
        now, found = self.clock.monotonic(), list[QueuedMessage]()
        busy = {s.message.group for s in self.messages if s.hidden(now)} if self.fifo else set()
        for sent in self.messages:
            if sent.hidden(now) or sent.message.group in busy - {None} or len(found) == limit:
                continue
            sent.visible_at = now + visible_after_s
            sent.receipts.append(f"{sent.message.id}/{next(self._receipts)}")
            received = sent.message.received + 1
            sent.message = replace(sent.message, received=received, receipt=sent.receipts[-1])
            found.append(sent.message)
        return found


class CallbackCounts(Counter[str]):
    """Implements `CallbackMeter`."""

    def callback(self, outcome: str) -> None:
        self[outcome] += 1


class CallbackSetting(Setting):
    """An execution whose tasks are settled by what a queue brings."""

    def __init__(
        self,
        known: KnownMachine | None = None,
        *,
        histories: LaggingHistories | None = None,
        fifo: bool = False,
        dead_letters: bool = True,
    ) -> None:
        super().__init__(known, histories)
        self.queue = FakeCallbackQueue(self.clock, fifo=fifo, dead_letters=dead_letters)
        self.counts = CallbackCounts()
        self.traces: list[TraceContext | None] = []
        self.callbacks = self.settling(self.service)
        self.consumers: list[CallbackConsumer] = []

    def settling(self, tasks: TaskService) -> QueuedCallbacks:
        def working(trace: TraceContext | None) -> nullcontext[None]:
            self.traces.append(trace)
            return nullcontext()

        return QueuedCallbacks(tasks, self.queue, self.catalogue, self.counts, working)

    async def answer(self, *, callbacks: QueuedCallbacks | None = None) -> Verdict:
        """What becomes of the message that is received next."""
        [message] = self.queue.receive_now(1)
        return await self.in_time((callbacks or self.callbacks).answer(message))

    def consuming(self, callbacks: QueuedCallbacks | None = None) -> CallbackConsumer:
        """A consumer that is started."""
        parts = self.queue, callbacks or self.callbacks, self.clock
        self.consumers.append(consumer := CallbackConsumer(*parts, random=lambda: 0.5))
        consumer.start()
        return consumer

    async def until(
        self, done: Callable[[], bool], within_s: float = 600.0, step_s: float = 0.5
    ) -> None:
        """Lets time pass until that is so."""
        ends_at = self.clock.monotonic() + within_s
        await run_until_idle()
        while not done():
            assert self.clock.monotonic() < ends_at, "it never came to that"
            await self.clock.advance(step_s)

    async def close(self) -> None:
        for consumer in self.consumers:
            await self.in_time(consumer.close(0))
        await super().close()


async def cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
