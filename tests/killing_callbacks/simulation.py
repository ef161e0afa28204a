"""A process that takes callbacks dies at one of its awaits, by number; others go on. All in
simulated time: whatever a seed and a number bring about, they bring about again."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from handrail.core.callback_messages import QueuedMessage
from handrail.core.errors import ServiceError
from handrail.core.history.outcomes import TaskAnswer
from handrail.usecases.callback_consumer import CallbackConsumer
from handrail.usecases.in_memory import InMemorySettlements
from handrail.usecases.live import Hub, LiveLimits
from handrail.usecases.queued_callbacks import MAYBE_OURS, QueuedCallbacks
from handrail.usecases.tasks import TaskService
from tests.core.histories import parallel
from tests.core.made_up_tokens import aws_token
from tests.fakes import run_until_idle
from tests.usecases.callback_queue_fake import CallbackSetting, FakeCallbackQueue
from tests.usecases.live.stage import ID
from tests.usecases.settling import FakeTasks, Fault, LaggingHistories, no, yes

ANSWERS = (yes(), yes("null"), no())
DONE_WITHIN_S, STEP_S = 3600.0, 15.0


class Life:
    """So many steps are left to a process, None for as many as it likes. Then nothing it awaits
    ever answers: it is dead."""

    def __init__(self, steps: int | None = None) -> None:
        self.left, self.taken, self.dead = steps, 0, False

    async def step(self) -> None:
        if self.dead or self.left == 0:
            self.dead = True
            await asyncio.Event().wait()
        self.taken += 1
        if self.left is not None:
            self.left -= 1


class MortalQueue(FakeCallbackQueue):
    """What a process sees of the queue: it may die before each call has its effect, or after."""

    def __init__(self, queue: FakeCallbackQueue, life: Life) -> None:
        self.__dict__ |= queue.__dict__  # the very same messages, receipts and dead letters
        self.life = life

    async def receive(
        self, limit: int, *, wait_s: int, visible_after_s: int
    ) -> Sequence[QueuedMessage]:
        await self.life.step()
        found = await super().receive(limit, wait_s=wait_s, visible_after_s=visible_after_s)
        await self.life.step()
        return found

    async def delete(self, message: QueuedMessage) -> None:
        await self.life.step()
        await super().delete(message)
        await self.life.step()

    async def show_after(self, message: QueuedMessage, seconds: int) -> None:
        await self.life.step()
        await super().show_after(message, seconds)
        await self.life.step()

    async def bury(self, message: QueuedMessage, problem: ServiceError) -> bool:
        await self.life.step()
        buried = await super().bury(message, problem)
        await self.life.step()
        return buried


class MortalTasks(FakeTasks):
    """The same of Step Functions' tasks."""

    def __init__(self, tasks: FakeTasks, life: Life) -> None:
        self.__dict__ |= tasks.__dict__
        self.life = life

    async def _settle(self, token: str, type_: str, details: dict[str, str]) -> None:
        await self.life.step()
        await super()._settle(token, type_, details)
        await self.life.step()

    async def heartbeat(self, token: str) -> None:
        await self.life.step()
        self._found(token)
        await self.life.step()


class MortalHistories(LaggingHistories):
    """The same of histories: one process reads at a time."""

    life = Life()

    async def read_page(self, execution_arn: str, **asked: Any) -> Any:
        await self.life.step()
        page = await super().read_page(execution_arn, **asked)
        await self.life.step()
        return page


@dataclass
class Story:
    """What is sent, and what may have become of it."""

    seed: int
    setting: CallbackSetting
    tokens: list[str] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    answered: dict[str, tuple[int, TaskAnswer]] = field(default_factory=dict)
    by_token: set[str] = field(default_factory=set)
    beats: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    @classmethod
    def told(cls, seed: int) -> "Story":
        random = Random(seed)  # noqa: S311 it only shuffles
        setting = CallbackSetting(histories=MortalHistories(), fifo=random.random() < 0.5)
        story = cls(seed, setting)
        for place, track in enumerate(parallel(setting.history.main, "Both", 3)):
            story.tokens.append(token := aws_token(404, seed=(seed * 3 + place) % 256))
            state = ("Ask", "Review")[place % 2]
            story.events.append(setting.wait(state, token=token, track=track))
        faults = [None, None, Fault.LOST, Fault.REPEATED, Fault.UNSENT, Fault.THROTTLED]
        setting.aws.faults.extend(random.choices(faults, k=4))
        setting.histories.lag = random.choice([0, 0, 1, 3])
        for _ in range(random.randint(3, 6)):
            story._send(random)
        return story

    def _send(self, random: Random) -> None:
        place = random.randrange(len(self.tokens))
        kind = random.choices(["answer", "token", "beat", "broken"], weights=[6, 2, 1, 1])[0]
        group = random.choice("ab")
        by_place = {"execution": ID, "event_id": self.events[place]}
        target = {"token": self.tokens[place]} if kind == "token" else by_place
        answer = random.choice(ANSWERS)
        said = _said(answer) if kind in {"answer", "token"} else {"outcome": "heartbeat"}
        if kind == "broken":
            said = {"outcome": "success"}
        id = self.setting.queue.send(json.dumps({**target, **said}), group=group)
        if kind in {"answer", "token"}:
            self.answered[id] = place, answer
            if kind == "token":
                self.by_token.add(id)
        elif kind == "beat":
            self.beats.add(id)
        else:
            self.broken.add(id)

    async def run(self, *lives: Life) -> None:
        """One process after the other, the last for as long as it takes."""
        for life in (*lives, Life()):
            process = Process(self.setting, life)
            await self.setting.until(
                lambda life=life: life.dead or not self.setting.queue.messages,  # type: ignore[misc]
                DONE_WITHIN_S,
                STEP_S,
            )
            await process.kill()
        await self.setting.close()

    def faults(self) -> list[str]:
        """What went wrong: nothing, one hopes."""
        queue, found = self.setting.queue, list[str]()
        if queue.messages or set(queue.deleted) != self.answered.keys() | self.beats | self.broken:
            found.append("a message is neither deleted nor waits any more")
        for place, event_id in enumerate(self.events):
            found += self._faults_of(place, event_id)
        buried = {message.id for message, _ in queue.buried}
        if not self.broken <= buried or self.beats & buried:
            found.append("what is broken is dead-lettered, what is a heartbeat is not")
        return found

    def _faults_of(self, place: int, event_id: int) -> list[str]:
        asked = {id: answer for id, (at, answer) in self.answered.items() if at == place}
        token, found = self.tokens[place], list[str]()
        over = self.setting.aws.waiting[token].over
        if not asked:
            return ["settled by nobody"] if over else []
        if not over:
            return [f"event {event_id}: a callback was lost"]
        stands = self.setting.truth(event_id)
        if stands not in {answer.fingerprint() for answer in asked.values()}:
            found.append(f"event {event_id}: settled as nobody asked")
        problems = {message.id: problem for message, problem in self.setting.queue.buried}
        for id, answer in asked.items():
            same, problem = answer.fingerprint() == stands, problems.get(id)
            if problem is None and not same:
                found.append(f"{id}: another outcome was deleted and not dead-lettered")
            if problem is not None and same and not self._untold(id, problem, len(asked)):
                found.append(f"{id}: dead-lettered ({problem.code}) though its outcome stands")
        return found

    def _untold(self, id: str, problem: ServiceError, asked: int) -> bool:
        """By token alone nobody knows who settled the task: this message or, as AWS has it, some
        other one."""
        return id in self.by_token and (problem.detail == MAYBE_OURS or asked > 1)


def _said(answer: TaskAnswer) -> dict[str, Any]:
    if answer.outcome == "success":
        return {"outcome": "success", "output": json.loads(answer.output)}
    return {"outcome": "failure", "error": answer.error, "cause": answer.cause}


class Process:
    """A consumer with its own memory, on what all share."""

    def __init__(self, setting: CallbackSetting, life: Life) -> None:
        setting.histories.life = life  # type: ignore[attr-defined]
        hub = Hub(setting.source, LiveLimits(max_watchers=100), setting.clock, random=lambda: 0.5)
        parts = setting.catalogue, InMemorySettlements(), setting.clock
        tasks = TaskService(hub, MortalTasks(setting.aws, life), *parts)
        queue = MortalQueue(setting.queue, life)
        callbacks = QueuedCallbacks(tasks, queue, setting.catalogue, setting.counts)
        self._hub = hub
        self._consumer = CallbackConsumer(queue, callbacks, setting.clock, random=lambda: 0.5)
        self._consumer.start()

    async def kill(self) -> None:
        """Nothing of it goes on, and nothing is tidied up."""
        ending = [*self._consumer._tasks, *self._consumer._lanes]
        for task in ending:
            task.cancel()
        await run_until_idle()
        assert all(task.done() for task in ending)
        await self._hub.close()


async def steps_of(seed: int) -> int:
    """How many steps this story takes where nobody dies."""
    story = Story.told(seed)
    life = Life()
    await story.run(life)
    assert story.faults() == []
    return life.taken


async def killed_at(seed: int, step: int) -> list[str]:
    """What goes wrong where the first process dies there, and the next one somewhere else."""
    story = Story.told(seed)
    again = Random(f"{seed}/{step}").randint(1, 40)  # noqa: S311 see above
    await story.run(Life(step), Life(again))
    return [f"seed {seed}, step {step}: {fault}" for fault in story.faults()]
