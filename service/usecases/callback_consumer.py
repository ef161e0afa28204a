"""Takes callbacks off the queue for as long as the process lives, so many at a time.

While one waits for AWS it stays invisible to others, by a visibility that is short and prolonged:
of a process that dies its messages are seen again within half a minute. No outage of the queue, nor
its absence, ends anything: it is said, and tried again."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from handrail.clock import Clock
from handrail.core.callback_messages import CallbackQueue, QueuedMessage, lanes_of
from handrail.core.errors import ServiceError
from handrail.core.pacing import backoff

from .queued_callbacks import Done, Left, QueuedCallbacks

log = structlog.get_logger(__name__)

MOST_IN_HAND = 32
BATCH = 10
"""What SQS answers at most."""

POLL_S = 20
"""SQS's longest."""

BUSY_POLL_S = 1
"""Of a FIFO queue while something of it is in hand: moto looks whether a group is free only as a
poll begins."""

VISIBLE_AFTER_S = 30
PROLONGED_S = 8.0
"""Between two rounds in which what is held is kept invisible."""

HELD_S = 900.0
"""How long a message is held while AWS is throttling or away; then it counts as received once."""

AGAIN_S, MOST_AGAIN_S = 0.5, 30.0
FAILED_S, MOST_FAILED_S = 1.0, 30.0
SHOWING_S = 4.0
"""For one call about when a message is seen again: what hangs holds no others up."""


@dataclass(slots=True, repr=False)
class HeldMessage:
    """A message in hand, and until when others surely don't see it."""

    message: QueuedMessage
    visible_at: float


@dataclass(slots=True, repr=False)
class CallbackConsumer:
    """`random` is in 0…1, for pauses. `start` and `close` it once."""

    queue: CallbackQueue
    callbacks: QueuedCallbacks
    clock: Clock
    random: Callable[[], float]
    _held: dict[str, HeldMessage] = field(init=False, default_factory=dict)
    _stopping: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _freed: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _failures: int = field(init=False, default=0)
    _ends_at: float | None = field(init=False, default=None)
    _tasks: list[asyncio.Task[None]] = field(init=False, default_factory=list)
    _lanes: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        work = (self._run(), self._prolong(), self._introduce())
        self._tasks = [loop.create_task(each) for each in work]
        self._tasks[0].add_done_callback(lambda _: self._freed.set())

    async def finish(self, within_s: float) -> None:
        """Receives nothing more, and gives what is in hand so long to be done with, once in all."""
        self._stopping.set()
        self._freed.set()
        if self._ends_at is None:
            self._ends_at = self.clock.monotonic() + within_s
        while self._busy and (left_s := self._ends_at - self.clock.monotonic()) > 0:
            self._freed.clear()
            await self.clock.wait(self._freed, left_s)

    async def close(self, within_s: float) -> None:
        """Finishes, and has what is left in hand seen again by others at once."""
        await self.finish(within_s)
        ending = [*self._tasks, *self._lanes]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await asyncio.gather(*(self._hand_back(held.message, 0) for held in self._in_hand()))

    @property
    def _busy(self) -> bool:
        """Whether something is in hand, or may be about to come into it."""
        return bool(self._held) or not all(task.done() for task in self._tasks[:1])

    async def _run(self) -> None:
        while not self._stopping.is_set():
            if (room := MOST_IN_HAND - len(self._held)) <= 0:
                self._freed.clear()
                await self._freed.wait()
                continue
            for lane in lanes_of(await self._receive(min(room, BATCH)), fifo=self.queue.fifo):
                task = asyncio.get_running_loop().create_task(self._serve(lane))
                self._lanes.add(task)
                task.add_done_callback(self._lanes.discard)

    async def _introduce(self) -> None:
        """Says once what becomes of what can't be settled, as soon as that is known."""
        failures = 0
        while not self._stopping.is_set():
            try:
                name = await self.queue.dead_letters()
            except ServiceError as error:
                if not failures:
                    log.warning("dead-letter queue unknown", queue=self.queue.name, code=error.code)
                failures += 1
                pause_s = self._backoff(failures, FAILED_S, MOST_FAILED_S)
                await self.clock.wait(self._stopping, pause_s)
                continue
            log.info("callback queue found", queue=self.queue.name, dead_letters=name)
            if name is None:
                log.warning("callback queue has no dead-letter queue", queue=self.queue.name)
            return

    async def _receive(self, limit: int) -> Sequence[QueuedMessage]:
        """What came; nothing once the process is to end, or where it failed, after a pause."""
        wait_s = BUSY_POLL_S if self._held and self.queue.fifo else POLL_S
        asking = self.queue.receive(limit, wait_s=wait_s, visible_after_s=VISIBLE_AFTER_S)
        polling = asyncio.ensure_future(asking)
        stopping = asyncio.ensure_future(self._stopping.wait())
        asked_at = self.clock.monotonic()
        try:
            await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            polling.cancel()  # which does nothing to one that is done
            await asyncio.gather(polling, stopping, return_exceptions=True)
        if polling.cancelled():
            return ()
        try:
            messages = polling.result()
        except ServiceError as error:
            await self._pause(error)
            return ()
        except Exception:
            log.exception("callback queue failed", queue=self.queue.name)
            await self._pause(None)
            return ()
        if self._failures:
            log.info("callback queue read again", queue=self.queue.name, failures=self._failures)
            self._failures = 0
        for message in messages:
            self._held[message.receipt] = HeldMessage(message, asked_at + VISIBLE_AFTER_S)
        if not messages and self.clock.monotonic() < asked_at + BUSY_POLL_S / 2:
            await self.clock.wait(self._stopping, BUSY_POLL_S)  # it wasn't waited for
        return messages

    async def _serve(self, lane: Sequence[QueuedMessage]) -> None:
        try:
            await self._serve_in_order(lane)
        except Exception:
            log.exception("callback failed", queue=self.queue.name)
            for message in lane:
                self._release(message)  # and so it is seen again

    async def _serve_in_order(self, lane: Sequence[QueuedMessage]) -> None:
        """Behind one that is left nothing of its group is touched."""
        for place, message in enumerate(lane):
            if (left := await self._settle(message)) is None:
                self._release(message)
                continue
            await self._hand_back(message, left.after_s)
            for later in lane[place + 1 :]:
                await self._hand_back(later, 0)
            return

    async def _settle(self, message: QueuedMessage) -> Left | None:
        """None where it is done with."""
        since, tries = self.clock.monotonic(), 0
        while True:
            verdict = await self.callbacks.answer(message)
            if isinstance(verdict, Done):
                await self._delete(message)
                return None
            tries += 1
            pause_s = self._backoff(tries, AGAIN_S, MOST_AGAIN_S)
            if self._stopping.is_set() and verdict.passing:
                return Left(0)  # others may be better off
            if not verdict.passing or self.clock.monotonic() + pause_s > since + HELD_S:
                return verdict
            await self.clock.wait(self._stopping, pause_s)

    async def _delete(self, message: QueuedMessage) -> None:
        """Tried again while the message is held: else it comes again, to be found settled."""
        since, tries = self.clock.monotonic(), 0
        while True:
            try:
                await self.queue.delete(message)
                return
            except ServiceError as error:
                tries += 1
                pause_s = self._backoff(tries, AGAIN_S, MOST_AGAIN_S)
                late = self.clock.monotonic() + pause_s > since + HELD_S
                if late or not error.retryable or self._stopping.is_set():
                    log.warning("callback not deleted", message_id=message.id, code=error.code)
                    return
            await self.clock.wait(self._stopping, pause_s)

    async def _prolong(self) -> None:
        while True:
            await self.clock.sleep(PROLONGED_S)
            now = self.clock.monotonic()
            soon = now + VISIBLE_AFTER_S - PROLONGED_S
            due = [held for held in self._in_hand() if held.visible_at <= soon]
            await asyncio.gather(*(self._hide(held, now) for held in due))

    async def _hide(self, held: HeldMessage, now: float) -> None:
        if await self._show_after(held.message, VISIBLE_AFTER_S):
            held.visible_at = now + VISIBLE_AFTER_S

    async def _hand_back(self, message: QueuedMessage, after_s: int) -> None:
        """Where that fails it is seen again all the same, once its time is over."""
        await self._show_after(message, after_s)
        self._release(message)

    async def _show_after(self, message: QueuedMessage, seconds: int) -> bool:
        try:
            async with asyncio.timeout(SHOWING_S):
                await self.queue.show_after(message, seconds)
        except Exception as error:
            if message.receipt in self._held:
                code = error.code if isinstance(error, ServiceError) else type(error).__name__
                told = {"message_id": message.id, "after_s": seconds, "code": code}
                log.warning("callback's visibility not changed", **told)
            return False
        return True

    def _release(self, message: QueuedMessage) -> None:
        self._held.pop(message.receipt, None)
        self._freed.set()

    def _in_hand(self) -> Sequence[HeldMessage]:
        return tuple(self._held.values())

    async def _pause(self, error: ServiceError | None) -> None:
        """The first failure in a row is said."""
        if error is not None and not self._failures:
            log.error("callback queue not read", queue=self.queue.name, code=error.code)
        self._failures += 1
        pause_s = self._backoff(self._failures, FAILED_S, MOST_FAILED_S)
        await self.clock.wait(self._stopping, pause_s)

    def _backoff(self, failures: int, first_s: float, most_s: float) -> float:
        jitter = self.random()
        return backoff(failures, first_s=first_s, max_s=most_s, least_s=first_s / 2, jitter=jitter)
