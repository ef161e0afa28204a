"""Plays executions beside two processes, one of which is killed at some moment, and compares what
the receiver heard with what happened."""

import random
from dataclasses import dataclass

from handrail.core.models import HistoryEvent
from tests.core.histories import History
from tests.usecases.news.news_stage import NewsStage, subscription

from .processes import Life, NewsProcess, Receiver

KINDS = ("started", "state:Pay.entered", "state:Pay.succeeded", "failed", "succeeded")
SETTLED_S = 111.0
"""Until another leads (the lease, and the next question), and retries are over."""


@dataclass(frozen=True, slots=True)
class Played:
    """`steps` are the awaits of the first process, `problems` what shouldn't be."""

    steps: int
    heard: int
    twice: int
    problems: list[str]


async def play(
    seed: int, kill_at: int | None, *, push: bool, settled_s: float = SETTLED_S
) -> Played:
    """One course of things by this seed; the first process is killed at its await of this number.
    With `push` nothing that is pushed is lost: it comes to both processes, as a stream does."""
    chance = random.Random(seed)  # noqa: S311 the same course each time
    kinds = KINDS if push else ("failed", "succeeded")
    stage = NewsStage(subscription(*kinds), push=push)
    receiver = Receiver(random.Random(seed + 1))  # noqa: S311 see above
    await stage.catalogue.list_all()
    first = NewsProcess(stage, receiver, Life(kill_at), "first")
    await stage.clock.advance(0.1)
    second = NewsProcess(stage, receiver, Life(), "second")
    await stage.clock.advance(0.1)
    histories = {f"orders:{n}": stage.begin(f"orders:{n}") for n in range(3)}
    processes = (first, second)
    _push(processes, {id: history.events for id, history in histories.items()})
    for _ in range(4):
        for id, history in histories.items():
            before = len(history.events)
            _go_on(stage, id, history, chance)
            _push(processes, {id: history.events[before:]})
        await stage.clock.advance(chance.choice((0.05, 1.0, 4.0)))
    for id, history in histories.items():
        if not _ended(history):
            stage.end(history, id, "SUCCEEDED")
            _push(processes, {id: history.events[-1:]})
    await stage.clock.advance(settled_s)
    steps = first.life.steps
    for process in processes:
        await process.bury()
    return _judged(steps, receiver, histories, kinds)


def _ended(history: History) -> bool:
    return history.events[-1].type in {"ExecutionFailed", "ExecutionSucceeded"}


def _go_on(stage: NewsStage, id: str, history: History, chance: random.Random) -> None:
    if _ended(history):
        return
    if chance.random() < 0.3:
        stage.end(history, id, chance.choice(("FAILED", "SUCCEEDED")))
    else:
        history.main.visit("Task", "Pay")


def _push(
    processes: tuple[NewsProcess, ...],
    events: dict[str, list[HistoryEvent]],
) -> None:
    for process in processes:
        if process.life.dead:
            continue
        for id, new in events.items():
            process.push(new, id)


def _judged(
    steps: int, receiver: Receiver, histories: dict[str, History], kinds: tuple[str, ...]
) -> Played:
    problems, bodies = [], dict[str, str]()
    for message, body in receiver.heard:
        if bodies.setdefault(message, body) != body:
            problems.append(f"{message} came with two bodies")
    once = list(bodies)
    for id, history in histories.items():
        wanted = [f"{id}:{event.id}" for event in history.events if _kind(event) in kinds]
        came = [message for message in once if message.startswith(f"{id}:")]
        if came != wanted:
            problems.append(f"{id}: wanted {wanted}, came {came}")
    return Played(steps, len(receiver.heard), len(receiver.heard) - len(once), problems)


def _kind(event: HistoryEvent) -> str | None:
    return {
        "ExecutionStarted": "started",
        "TaskStateEntered": "state:Pay.entered",
        "TaskStateExited": "state:Pay.succeeded",
        "ExecutionFailed": "failed",
        "ExecutionSucceeded": "succeeded",
    }.get(event.type)
