"""However callers, replicas, lost answers and lagging reads interleave: one outcome is applied, and
what every caller is told agrees with the history."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.core.errors import ServiceError, TaskAlreadySettled, TaskTimedOut
from handrail.core.history.outcomes import TaskAnswer
from handrail.usecases.tasks import Settled

from .live.stage import ID
from .settling import Fault, Setting, no, yes

A, B, C = yes('{"approved":true}'), yes('{"approved":false}'), no()
REPLICAS = 2
UNSURE = {Fault.LOST, Fault.REPEATED, Fault.UNSENT}


@dataclass(frozen=True)
class Caller:
    """Asks a replica for an outcome after so many turns."""

    replica: int
    answer: TaskAnswer
    after: int


@dataclass(frozen=True)
class Told:
    """What a caller heard."""

    caller: Caller
    reply: Settled | ServiceError


callers = st.builds(
    Caller, st.integers(0, REPLICAS - 1), st.sampled_from([A, A, B, C]), st.integers(0, 12)
)


@settings(max_examples=150)
@given(
    st.lists(callers, min_size=1, max_size=6),
    st.lists(st.none() | st.sampled_from(list(Fault)), max_size=4),
    st.lists(st.integers(0, 4), max_size=12),
    st.integers(0, 3),
)
def test_one_outcome_is_applied_and_all_are_told_the_same(
    crowd: list[Caller], faults: list[Fault | None], turns: list[int], lag: int
) -> None:
    asyncio.run(scene(crowd, faults, turns, lag))


async def scene(
    crowd: list[Caller], faults: list[Fault | None], turns: list[int], lag: int
) -> None:
    setting = Setting()
    services = [setting.service, *(setting.another_process() for _ in range(REPLICAS - 1))]
    event_id = setting.wait()
    setting.histories.lag = lag
    setting.aws.faults.extend(faults)
    setting.aws.turns.extend(turns)

    async def ask(caller: Caller) -> Told:
        for _ in range(caller.after):
            await asyncio.sleep(0)
        try:
            return Told(caller, await services[caller.replica].settle(ID, event_id, caller.answer))
        except ServiceError as error:
            return Told(caller, error)

    first = await setting.in_time(asyncio.gather(*map(ask, crowd)))
    setting.histories.lag = 0
    setting.aws.faults.clear()
    again = await setting.in_time(asyncio.gather(*map(ask, crowd)))
    await setting.close()
    assert len(setting.outcomes()) == 1
    truth = setting.truth(event_id)
    for told in first:
        assert agrees(told, truth) or passes(told, faults, lag)
    for told in again:
        assert agrees(told, truth)
    assert_one_first(first + again, faults)


def agrees(told: Told, truth: bytes) -> bool:
    """Settled for whose outcome stands, a conflict for everybody else."""
    if isinstance(told.reply, Settled):
        return told.caller.answer.fingerprint() == truth
    differs = told.caller.answer.fingerprint() != truth
    return isinstance(told.reply, TaskAlreadySettled) and differs


def passes(told: Told, faults: Sequence[Fault | None], lag: int) -> bool:
    """Nothing was claimed: worth another try, or AWS's own word where the history hasn't any."""
    reply = told.reply
    if isinstance(reply, TaskTimedOut):
        return lag > 0
    return isinstance(reply, ServiceError) and reply.retryable and any(faults)


def assert_one_first(told: Sequence[Told], faults: Sequence[Fault | None]) -> None:
    """Where every answer of AWS arrived, one caller alone is told that it was the first. (Two whose
    answers were lost both may be.)"""
    first = [t for t in told if isinstance(t.reply, Settled) and not t.reply.replayed]
    if not UNSURE & set(faults):
        assert len(first) == 1
    assert len(first) <= REPLICAS
