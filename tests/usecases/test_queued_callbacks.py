"""What becomes of a message: settled as over REST, left for later, or dead-lettered."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from handrail.core.definition.callback_choices import Callback
from handrail.core.errors import (
    Draining,
    ServiceError,
    Unavailable,
    UpstreamExpired,
    UpstreamRefused,
)
from handrail.core.history.outcomes import Outcome
from handrail.core.trace_context import TraceContext
from handrail.usecases.machine_folder import KnownMachine
from handrail.usecases.queued_callbacks import MAYBE_OURS, Done, Left
from handrail.usecases.tasks import TaskService

from .callback_queue_fake import SENDER, CallbackSetting
from .live.stage import ID
from .settling import TOKEN, Fault, yes

AWAY = "AWS can't be reached or doesn't answer."


@pytest.fixture
async def setting() -> AsyncIterator[CallbackSetting]:
    setting = CallbackSetting()
    yield setting
    await setting.close()


def place(event_id: int, **said: Any) -> str:
    return json.dumps({"execution": ID, "event_id": event_id, **said})


def approval(event_id: int) -> str:
    return place(event_id, outcome="success", output={"approved": True})


def by_token(**said: Any) -> str:
    return json.dumps({"token": TOKEN, **said})


def problems(setting: CallbackSetting) -> list[tuple[str, str]]:
    return [(message.body, problem.code) for message, problem in setting.queue.buried]


@pytest.mark.parametrize(
    ("said", "event"),
    [
        ({"outcome": "success", "output": {"approved": True}}, "TaskSucceeded"),
        ({"outcome": "failure", "error": "No", "cause": "Too dear."}, "TaskFailed"),
    ],
)
async def test_a_message_settles_its_task(
    setting: CallbackSetting, said: dict[str, Any], event: str
) -> None:
    setting.queue.send(place(setting.wait(), **said))
    assert await setting.answer() == Done()
    assert setting.outcomes() == [event]
    assert setting.counts == {"settled": 1}


async def test_an_output_reaches_aws_as_it_was_written(setting: CallbackSetting) -> None:
    at = setting.wait()
    output = '{"amount":  1.00000000000000000000001}'
    setting.queue.send(
        f'{{"execution":"{ID}","event_id":{at},"outcome":"success","output":{output}}}'
    )
    assert await setting.answer() == Done()
    assert [sent["output"] for sent in setting.aws.sent] == [output]


@pytest.mark.parametrize("restarted", [False, True])
async def test_one_that_comes_again_is_a_replay(
    setting: CallbackSetting, *, restarted: bool
) -> None:
    setting.queue.send(approval(setting.wait()))
    assert await setting.answer() == Done()
    await setting.clock.advance(31)  # nobody deleted it
    another = setting.settling(setting.another_process()) if restarted else None
    assert await setting.answer(callbacks=another) == Done()
    assert len(setting.aws.sent) == 1
    assert setting.counts == {"settled": 1, "replayed": 1}


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.REPEATED])
async def test_the_history_decides_where_an_answer_was_lost(
    setting: CallbackSetting, fault: Fault
) -> None:
    setting.aws.faults.append(fault)
    setting.queue.send(approval(setting.wait()))
    assert await setting.answer() == Done()
    assert setting.outcomes() == ["TaskSucceeded"]
    assert setting.queue.buried == []


async def test_what_can_never_be_settled_is_dead_lettered_as_it_was_sent(
    setting: CallbackSetting,
) -> None:
    at = setting.wait()
    await setting.settle(at, yes())
    bodies = {
        place(at, outcome="failure", error="No"): "task_already_settled",
        place(at + 500, outcome="success", output=1): "task_not_found",
        json.dumps({"execution": "orders:none", "event_id": 1, "outcome": "failure"}): (
            "execution_not_found"
        ),
        json.dumps({"execution": "nonsense", "event_id": 1, "outcome": "failure"}): (
            "execution_not_found"
        ),
        "no JSON": "invalid_request",
        place(at, outcome="success"): "invalid_request",
        place(at, outcome="success", output="x" * 262_145): "invalid_output",
        json.dumps({"token": TOKEN * 2, "outcome": "success", "output": 1}): "task_not_found",
    }
    for body in bodies:
        setting.queue.send(body)
        assert await setting.answer() == Done()
    assert problems(setting) == list(bodies.items())
    assert setting.counts == {"dead_lettered": len(bodies)}
    [conflict, *_] = [problem for _, problem in setting.queue.buried]
    assert conflict.facts["outcome"] == Outcome.SUCCESS


async def test_a_task_that_timed_out_is_dead_lettered(setting: CallbackSetting) -> None:
    at = setting.wait()
    setting.history.main.then("TaskTimedOut", error="States.Timeout")
    setting.end()
    setting.queue.send(approval(at))
    assert await setting.answer() == Done()
    assert [code for _, code in problems(setting)] == ["task_timed_out"]


async def test_an_output_is_held_against_what_its_state_declares() -> None:
    setting = CallbackSetting(KnownMachine(output_schemas={"Ask": {"type": "object"}}))
    setting.queue.send(place(setting.wait(), outcome="success", output=[1]))
    assert await setting.answer() == Done()
    assert [code for _, code in problems(setting)] == ["invalid_output"]
    assert setting.aws.sent == []
    await setting.close()


async def test_by_token_aws_is_asked_and_no_history(setting: CallbackSetting) -> None:
    setting.wait()
    setting.queue.send(by_token(outcome="heartbeat"))
    setting.queue.send(by_token(outcome="success", output=1))
    assert [await setting.answer(), await setting.answer()] == [Done(), Done()]
    assert (setting.aws.heartbeats, setting.outcomes()) == (1, ["TaskSucceeded"])
    assert setting.read_count == 0


async def test_by_token_this_process_knows_what_it_settled(setting: CallbackSetting) -> None:
    setting.wait()
    body = by_token(outcome="success", output={"a": 1, "b": 2})
    setting.queue.send(body)
    setting.queue.send(body.replace('{"a": 1, "b": 2}', '{"b":2,"a":1}'))
    assert [await setting.answer(), await setting.answer()] == [Done(), Done()]
    assert setting.counts == {"settled": 1, "replayed": 1}
    setting.queue.send(by_token(outcome="success", output=3))
    assert await setting.answer() == Done()
    assert [code for _, code in problems(setting)] == ["task_timed_out"]


@pytest.mark.parametrize("how", ["another process", "an answer that was lost"])
async def test_by_token_nobody_can_tell_who_settled_it(setting: CallbackSetting, how: str) -> None:
    setting.wait()
    setting.queue.send(by_token(outcome="success", output=1))
    if how == "an answer that was lost":
        setting.aws.faults.append(Fault.LOST)
        assert await setting.answer() == Left(15, passing=True)
    else:
        assert await setting.answer() == Done()
    await setting.clock.advance(31)
    another = setting.settling(setting.another_process())
    assert await setting.answer(callbacks=another) == Done()
    [(_, problem)] = setting.queue.buried
    assert (problem.code, problem.detail) == ("task_timed_out", MAYBE_OURS)
    assert setting.outcomes() == ["TaskSucceeded"]


async def test_a_heartbeat_keeps_the_task_alive_and_may_come_late(
    setting: CallbackSetting,
) -> None:
    at = setting.wait()
    setting.queue.send(place(at, outcome="heartbeat"))
    assert await setting.answer() == Done()
    assert setting.aws.heartbeats == 1
    await setting.settle(at, yes())
    setting.queue.send(place(at, outcome="heartbeat"))
    setting.queue.send(by_token(outcome="heartbeat"))
    assert [await setting.answer(), await setting.answer()] == [Done(), Done()]
    assert setting.queue.buried == []
    assert setting.counts == {"heartbeat": 1, "late": 2}


class Failing(TaskService):
    """Settles nothing."""

    error: Exception

    async def settle(self, *_: Any, **__: Any) -> Any:
        raise self.error


def failing(setting: CallbackSetting, error: Exception) -> Any:
    service = setting.service
    tasks = Failing(service.hub, service.tasks, service.catalogue, service.applied, service.clock)
    object.__setattr__(tasks, "error", error)
    return setting.settling(tasks)


@pytest.mark.parametrize(
    ("error", "verdicts"),
    [
        (Unavailable(AWAY), [Left(15, passing=True), Left(30, passing=True)]),
        (UpstreamRefused("AWS refused."), [Left(15), Left(30)]),
        (UpstreamExpired("Fresh ones come."), [Left(15, passing=True), Left(30, passing=True)]),
        (Draining("Shutting down."), [Left(0), Left(0)]),
        (RuntimeError("a fault of ours"), [Left(15), Left(30)]),
    ],
)
async def test_what_is_nobody_s_fault_is_left_for_later(
    setting: CallbackSetting, error: Exception, verdicts: list[Left]
) -> None:
    setting.queue.send(approval(setting.wait()))
    callbacks = failing(setting, error)
    found = []
    with capture_logs():
        for _ in verdicts:
            found.append(await setting.answer(callbacks=callbacks))
            await setting.clock.advance(31)
    assert found == verdicts
    assert (setting.queue.buried, setting.counts) == ([], {"left": 2})


async def test_the_longer_it_fails_the_later_it_comes_again(setting: CallbackSetting) -> None:
    setting.queue.send(approval(setting.wait()))
    callbacks = failing(setting, Unavailable(AWAY))
    for _ in range(20):
        verdict = await setting.answer(callbacks=callbacks)
        await setting.clock.advance(31)
    assert verdict == Left(900, passing=True)


async def test_without_a_dead_letter_queue_sqs_s_own_rule_acts() -> None:
    setting = CallbackSetting(dead_letters=False)
    setting.queue.send("no JSON")
    with capture_logs() as lines:
        assert await setting.answer() == Left(60)
    assert setting.queue.ids == ["message-1"]
    assert [line["event"] for line in lines] == ["callback undeliverable"]
    assert setting.counts == {"undeliverable": 1}
    await setting.close()


@pytest.mark.parametrize(
    ("error", "verdict", "counted"),
    [
        (Unavailable(AWAY), Left(15, passing=True), "left"),
        (UpstreamRefused("AWS refused."), Left(15), "left"),
    ],
)
async def test_a_message_stays_until_the_dead_letter_queue_has_it(
    setting: CallbackSetting, error: ServiceError, verdict: Left, counted: str
) -> None:
    setting.queue.fail("bury", error)
    setting.queue.send("no JSON")
    assert await setting.answer() == verdict
    assert setting.counts == {counted: 1}
    await setting.clock.advance(31)
    assert await setting.answer() == Done()
    assert [code for _, code in problems(setting)] == ["invalid_request"]


async def test_an_output_is_told_who_sent_it_where_its_author_asks() -> None:
    setting = CallbackSetting(KnownMachine(callbacks={"Ask": Callback(answered_by="by")}))
    setting.queue.send(approval(setting.wait()))
    assert await setting.answer() == Done()
    assert json.loads(str(setting.aws.sent[0]["output"])) == {"approved": True, "by": SENDER}
    await setting.close()


async def test_each_settlement_has_an_audit_line(setting: CallbackSetting) -> None:
    at = setting.wait()
    await setting.catalogue.list_all()
    for said in ({"outcome": "success", "output": 1}, {"outcome": "failure"}):
        setting.queue.send(place(at, **said))
    with capture_logs() as lines:
        await setting.answer()
        await setting.answer()
    done, failed = [line for line in lines if line.get("audit")]
    common = {
        "action": "settle",
        "via": "queue",
        "principal": SENDER,
        "execution": ID,
        "event_id": at,
    }
    assert common.items() <= done.items()
    assert common.items() <= failed.items()
    assert (done["event"], done["outcome"], done["task_outcome"]) == (
        "task settled",
        "done",
        "success",
    )
    assert (failed["event"], failed["outcome"], failed["status"]) == (
        "settle failed",
        "task_already_settled",
        409,
    )
    assert done["execution_arn"].endswith(ID)


async def test_no_line_holds_a_token_or_a_payload(setting: CallbackSetting) -> None:
    setting.wait()
    bodies = [
        by_token(outcome="success", output="a-secret"),
        by_token(outcome="failure", error="a-secret"),
        json.dumps({"execution": f"orders:{TOKEN}", "event_id": 1, "outcome": "failure"}),
        TOKEN,
    ]
    with capture_logs() as lines:
        for body in bodies:
            setting.queue.send(body)
            assert await setting.answer() == Done()
    assert len(lines) >= len(bodies)
    assert TOKEN not in str(lines)
    assert "a-secret" not in str(lines)


async def test_the_work_is_in_the_trace_that_the_message_came_with(
    setting: CallbackSetting,
) -> None:
    trace = TraceContext("a" * 32, "b" * 16, sampled=True)
    setting.queue.send("no JSON", trace=trace)
    await setting.answer()
    assert setting.traces == [trace]
