"""Settling a waiting task by where it stands: once, whoever asks how often."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from handrail.core.errors import (
    ExecutionEnded,
    ServiceError,
    TaskAlreadySettled,
    TaskNotFound,
    TaskTimedOut,
    Unavailable,
)
from handrail.core.history.outcomes import TaskAnswer
from handrail.core.json_text import JsonText
from handrail.usecases.lag import STREAM_S
from handrail.usecases.tasks import Settled, success
from tests.core.histories import map_of, parallel
from tests.fakes import run_until_idle

from .live.stage import ID
from .settling import TOKEN, Fault, Setting, id_of, no, yes

OTHER = "AAAA" + "Zk3+w0Rt9/" * 40
NEXT = "AAAA" + "mN8/u2Vc5+" * 40


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    setting = Setting()
    yield setting
    await setting.close()


@pytest.mark.parametrize("answer", [yes(), yes("null"), no(), no("", "")])
async def test_a_task_is_settled_where_it_stands(setting: Setting, answer: TaskAnswer) -> None:
    event_id = setting.wait()
    settled = await setting.settle(event_id, answer)
    assert (str(settled.execution), *id_of(settled)[1:]) == (ID, event_id, "Ask", answer.outcome)
    assert not settled.replayed
    assert setting.truth(event_id) == answer.fingerprint()


async def test_it_costs_one_read_and_none_while_the_execution_is_watched(setting: Setting) -> None:
    first = setting.wait()
    await setting.settle(first, yes())
    assert setting.read_count == 1
    second = setting.wait("Review", token=OTHER)
    async with setting.hubs[0].watching(ID):
        before = setting.read_count
        assert not (await setting.service.settle(ID, second, yes())).replayed
        assert setting.read_count == before


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        (yes('{"a":1,"b":[2]}'), yes(' {"b": [2], "a": 1}')),
        (yes("null"), yes("null")),
        (no(), no()),
        (no("", ""), no("", "")),
    ],
)
@pytest.mark.parametrize("how", ["at once", "later", "after a restart"])
async def test_the_same_outcome_again_is_a_replay(
    setting: Setting, answer: TaskAnswer, same: TaskAnswer, how: str
) -> None:
    event_id = setting.wait()
    await setting.settle(event_id, answer)
    if how == "later":
        await setting.clock.advance(60)
    service = setting.another_process() if how == "after a restart" else None
    settled = await setting.settle(event_id, same, service=service)
    assert (settled.replayed, settled.outcome) == (True, answer.outcome)
    assert len(setting.aws.sent) == 1


@pytest.mark.parametrize(
    ("answer", "other"),
    [
        (yes("1"), yes("1.0")),
        (yes("1"), yes("true")),
        (yes("1"), yes('"1"')),
        (yes("null"), no("", "")),
        (no("Denied", ""), no("", "Denied")),
        (no(), yes()),
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
async def test_another_outcome_is_a_conflict_that_tells_which_stands(
    setting: Setting, answer: TaskAnswer, other: TaskAnswer, restarted: bool
) -> None:
    event_id = setting.wait()
    await setting.settle(event_id, answer)
    service = setting.another_process() if restarted else None
    error = await setting.refusal(event_id, other, service=service)
    assert isinstance(error, TaskAlreadySettled)
    assert error.facts["outcome"] == answer.outcome
    assert error.facts["at"].startswith("2026-01-01T00:00:0")
    assert len(setting.aws.sent) == 1


async def test_an_output_that_echoes_its_token_is_replayed_too(setting: Setting) -> None:
    event_id = setting.wait()
    echo = success({"you said": TOKEN, "in a link": f"https://x.test/?t={TOKEN}"})
    await setting.settle(event_id, echo)
    again = await setting.settle(event_id, echo, service=setting.another_process())
    assert again.replayed
    assert setting.aws.sent[0]["output"] == echo.output


async def test_what_an_emulator_rounds_in_its_history_is_a_replay_all_the_same(
    setting: Setting,
) -> None:
    event_id, answer = setting.wait(), success(JsonText("0.1234567890123456789012345"))
    await setting.settle(event_id, answer)
    settled = setting.history.events[-1]
    rounded = {**settled.details, "output": "0.12345678901234568"}
    setting.history.events[-1] = replace(settled, details=rounded)
    await setting.clock.advance(60)
    assert (await setting.settle(event_id, answer)).replayed
    error = await setting.refusal(event_id, success(JsonText("0.1234567890123456789012346")))
    assert isinstance(error, TaskAlreadySettled)


async def test_a_task_that_timed_out_is_gone(setting: Setting) -> None:
    event_id = setting.wait()
    setting.end()
    setting.history.main.then("TaskTimedOut", error="States.Timeout")
    error = await setting.refusal(event_id, yes())
    assert isinstance(error, TaskTimedOut)
    assert error.facts["outcome"] == "timed_out"
    assert setting.aws.sent == []


@pytest.mark.parametrize("ending", ["ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"])
async def test_a_task_ends_with_its_execution(setting: Setting, ending: str) -> None:
    event_id = setting.wait()
    setting.end()
    setting.history.main.then(ending, error="Boom", cause="it broke")
    for answer in (yes(), no("Boom", "it broke")):
        error = await setting.refusal(event_id, answer)
        assert isinstance(error, ExecutionEnded)
        assert error.facts["outcome"] == "stopped"


async def test_a_task_stopped_by_its_neighbour_conflicts_while_the_execution_runs(
    setting: Setting,
) -> None:
    one, other = parallel(setting.history.main, "Both")
    event_id = setting.wait(track=one)
    other.enter("Task", "Charge").schedule().fails().then("ParallelStateFailed")
    setting.end()
    error = await setting.refusal(event_id, yes())
    assert isinstance(error, TaskAlreadySettled)
    assert error.facts["outcome"] == "stopped"


async def test_every_attempt_is_a_task_of_its_own(setting: Setting) -> None:
    timed_out = setting.wait()
    setting.end()
    setting.history.main.then("TaskTimedOut", error="States.Timeout")
    failed = setting.schedule({"MessageBody": {"token": OTHER}}, token=OTHER)
    await setting.settle(failed, no())
    waiting = setting.schedule({"MessageBody": {"token": NEXT}}, token=NEXT)
    assert isinstance(await setting.refusal(timed_out, yes()), TaskTimedOut)
    assert isinstance(await setting.refusal(failed, yes()), TaskAlreadySettled)
    assert not (await setting.settle(waiting, yes())).replayed
    assert [sent["token"] for sent in setting.aws.sent] == [OTHER, NEXT]


async def test_iterations_and_branches_are_settled_each_by_itself(setting: Setting) -> None:
    tokens = [f"{TOKEN}{number}" for number in range(4)]
    tracks = map_of(setting.history.main, "Each", 4)
    ids = [setting.wait(token=t, track=track) for t, track in zip(tokens, tracks, strict=True)]
    for number in (2, 0, 3, 1):
        assert not (await setting.settle(ids[number], yes(str(number)))).replayed
    assert [sent["token"] for sent in setting.aws.sent] == [tokens[n] for n in (2, 0, 3, 1)]


@pytest.mark.parametrize("event_id", [0, 1, 2, 99])
async def test_an_event_that_scheduled_no_task_that_waits_is_not_found(
    setting: Setting, event_id: int
) -> None:
    setting.wait()
    assert isinstance(await setting.refusal(event_id, yes()), TaskNotFound)
    with pytest.raises(TaskNotFound):
        await setting.in_time(setting.service.heartbeat(ID, event_id))


# Heartbeats


async def test_a_heartbeat_goes_to_the_task(setting: Setting) -> None:
    event_id = setting.wait()
    assert str(await setting.service.heartbeat(ID, event_id)) == ID
    assert setting.aws.heartbeats == 1
    assert setting.outcomes() == []


@pytest.mark.parametrize("known", [True, False])
async def test_a_heartbeat_to_a_settled_task_says_what_became_of_it(
    setting: Setting, known: bool
) -> None:
    event_id = setting.wait()
    replica = setting.another_process()
    async with setting.hubs[1].watching(ID):
        await setting.settle(event_id, yes())
        if known:
            await setting.clock.advance(1)
        with pytest.raises(TaskAlreadySettled) as caught:
            await setting.in_time(replica.heartbeat(ID, event_id))
    assert caught.value.facts["outcome"] == "success"


# Races, lost answers and lag


@pytest.mark.parametrize(
    ("answers", "replayed"), [([yes(), yes()], [False, True]), ([yes(), no()], [False])]
)
async def test_of_two_at_once_only_one_is_sent(
    setting: Setting, answers: list[TaskAnswer], replayed: list[bool]
) -> None:
    event_id = setting.wait()
    setting.aws.turns.extend([5, 5])
    outcomes = await setting.in_time(
        asyncio.gather(
            *(setting.service.settle(ID, event_id, answer) for answer in answers),
            return_exceptions=True,
        )
    )
    assert [o.replayed for o in outcomes if isinstance(o, Settled)] == replayed
    assert all(isinstance(o, Settled | TaskAlreadySettled) for o in outcomes)
    assert len(setting.aws.sent) == 1


@pytest.mark.parametrize("second", [yes(), no()])
@pytest.mark.parametrize("lag", [0, 3])
async def test_of_two_replicas_one_applies_and_the_other_is_told(
    setting: Setting, second: TaskAnswer, lag: int
) -> None:
    event_id = setting.wait()
    replica = setting.another_process()
    async with setting.hubs[0].watching(ID), setting.hubs[1].watching(ID):
        setting.histories.lag = lag
        await setting.settle(event_id, yes())
        if second == yes():
            assert (await setting.settle(event_id, second, service=replica)).replayed
        else:
            error = await setting.refusal(event_id, second, service=replica)
            assert error.facts["outcome"] == "success"
    assert setting.outcomes() == ["TaskSucceeded"]
    assert len(setting.aws.sent) == 2


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.REPEATED])
@pytest.mark.parametrize("lag", [0, 3])
async def test_a_lost_answer_is_found_in_the_history(
    setting: Setting, fault: Fault, lag: int
) -> None:
    event_id = setting.wait()
    setting.aws.faults.append(fault)
    async with setting.hubs[0].watching(ID):
        setting.histories.lag = lag
        assert not (await setting.settle(event_id, yes())).replayed
        assert (await setting.settle(event_id, yes())).replayed
    assert setting.outcomes() == ["TaskSucceeded"]


@pytest.mark.parametrize("fault", [Fault.UNSENT, Fault.THROTTLED])
async def test_an_answer_that_never_arrived_is_worth_another_try(
    setting: Setting, fault: Fault
) -> None:
    event_id = setting.wait()
    setting.aws.faults.append(fault)
    error = await setting.refusal(event_id, yes())
    assert (error.status, error.retryable) == (503, True)
    assert setting.outcomes() == []
    assert not (await setting.settle(event_id, yes())).replayed


async def test_a_throttled_answer_costs_no_look_at_the_history(setting: Setting) -> None:
    event_id = setting.wait()
    setting.aws.faults.append(Fault.THROTTLED)
    async with setting.hubs[0].watching(ID):
        before = setting.read_count
        with pytest.raises(ServiceError):
            await setting.service.settle(ID, event_id, yes())
        assert setting.read_count == before


async def test_looking_for_a_lost_answer_outlives_a_failed_read(setting: Setting) -> None:
    event_id = setting.wait()
    setting.aws.faults.append(Fault.LOST)
    async with setting.hubs[0].watching(ID):
        setting.histories.fail("read_page", *[Unavailable("AWS can't be reached.")] * 2)
        assert not (await setting.settle(event_id, yes())).replayed


async def test_what_the_history_never_shows_is_looked_for_as_long_as_reads_may_lag(
    setting: Setting,
) -> None:
    event_id = setting.wait()
    setting.end()
    began_at = setting.clock.monotonic()
    error = await setting.refusal(event_id, yes())
    assert isinstance(error, TaskTimedOut)
    assert setting.clock.monotonic() - began_at == pytest.approx(STREAM_S)
    assert setting.read_count < 50


async def test_a_replica_that_lags_behind_reads_on(setting: Setting) -> None:
    async with setting.hubs[0].watching(ID):
        setting.histories.lag = 2
        event_id = setting.wait()
        assert not (await setting.settle(event_id, yes())).replayed


async def test_a_remembered_outcome_belongs_to_this_execution_of_the_name(setting: Setting) -> None:
    await setting.settle(setting.wait(), yes())
    await setting.clock.advance(11)
    setting.start_again()
    assert not (await setting.settle(setting.wait(token=OTHER), yes())).replayed
    assert [sent["token"] for sent in setting.aws.sent] == [TOKEN, OTHER]


async def test_whoever_looks_on_sees_it_at_once(setting: Setting) -> None:
    event_id = setting.wait()
    async with setting.hubs[0].watching(ID) as watcher:
        await setting.settle(event_id, yes())
        await run_until_idle()
        assert watcher.require_feed().projection.tasks == ()


@pytest.mark.parametrize("by_token", [True, False])
async def test_a_task_settled_here_isn_t_shown_to_wait_to_anybody_new(
    setting: Setting, by_token: bool
) -> None:
    event_id = setting.wait()
    async with setting.hubs[0].watching(ID):
        setting.histories.lag = 4
        if by_token:
            await setting.in_time(setting.service.settle_token(TOKEN, yes()))
        else:
            await setting.settle(event_id, yes())

        async def waiting() -> list[int]:
            async with setting.hubs[0].watching(ID) as watcher:
                return [task.event_id for task in watcher.require_feed().projection.tasks]

        assert await setting.in_time(waiting()) == []
