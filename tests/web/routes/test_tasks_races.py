"""Settling while replicas race and answers get lost, and what of it shows to the outside."""

import asyncio
import io

import pytest

from handrail.telemetry.logs import configure_logs
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.conftest import Serving
from tests.web.served import Answer, Served
from tests.web.stories import TOKEN, WITH_APPROVAL, running, waiting

ONE = "/v1/executions/order:one"
TASK = f"{ONE}/tasks/3"
YES, NO = {"output": {"approved": True}}, {"error": "Denied"}
SENDS = ("SendTaskSuccess", "SendTaskFailure")


@pytest.fixture
def arn(stub: StepFunctionsStub) -> str:
    """An execution whose task, scheduled by event 3, waits for a callback."""
    stub.add_machine("order", definition=WITH_APPROVAL)
    arn = running(stub)
    stub.append(arn, *waiting())
    stub.add_task_token(TOKEN, arn, 3)
    return arn


@pytest.fixture
def logs() -> io.StringIO:
    """What the service logs, as a person at a terminal would see it."""
    stream = io.StringIO()
    configure_logs("debug", "console", stream=stream)
    return stream


def settlements(stub: StepFunctionsStub, arn: str) -> list[str]:
    ends = {"TaskSucceeded", "TaskFailed"}
    return [event["type"] for event in stub.execution(arn).events if event["type"] in ends]


async def yes(served: Served) -> Answer:
    return await served.post(f"{TASK}/success", YES)


async def no(served: Served) -> Answer:
    return await served.post(f"{TASK}/failure", NO)


async def test_of_twenty_at_once_one_is_sent(served: Served, arn: str) -> None:
    answers = await asyncio.gather(*(yes(served) for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert [answer.body["replayed"] for answer in answers].count(False) == 1
    assert served.stub.calls["SendTaskSuccess"] == 1


async def test_of_two_that_differ_one_is_sent_and_the_other_conflicts(
    served: Served, arn: str
) -> None:
    answers = await asyncio.gather(yes(served), no(served))
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert sum(served.stub.calls[operation] for operation in SENDS) == 1


@pytest.mark.parametrize("differing", [True, False])
async def test_of_two_replicas_at_once_one_applies_and_the_other_is_told(
    serve: Serving, stub: StepFunctionsStub, arn: str, differing: bool
) -> None:
    for operation in SENDS:
        stub.slow_next(operation, delay_s=0.02)
    async with serve() as one, serve() as other:
        answers = await asyncio.gather(yes(one), no(other) if differing else yes(other))
    assert len(settlements(stub, arn)) == 1
    if differing:
        conflict = next(answer for answer in answers if answer.status == 409)
        stands = "success" if settlements(stub, arn) == ["TaskSucceeded"] else "failure"
        assert conflict.body["outcome"] == stands
    else:
        assert sorted(answer.body["replayed"] for answer in answers) == [False, True]


async def test_a_restarted_service_knows_what_was_settled(
    serve: Serving, stub: StepFunctionsStub, arn: str
) -> None:
    async with serve() as served:
        assert (await yes(served)).status == 200
    async with serve() as served:
        assert (await yes(served)).body["replayed"] is True
        assert (await no(served)).body["outcome"] == "success"
    assert sum(stub.calls[operation] for operation in SENDS) == 1


async def test_lost_answers_are_told_as_applied(served: Served, arn: str) -> None:
    served.stub.drop_next("SendTaskSuccess")
    first, again = await yes(served), await yes(served)
    assert [first.status, again.status] == [200, 200]
    assert [first.body["replayed"], again.body["replayed"]] == [False, True]
    assert settlements(served.stub, arn) == ["TaskSucceeded"]


async def test_an_answer_lost_together_with_the_next_reads_is_found_all_the_same(
    serve: Serving, stub: StepFunctionsStub, arn: str
) -> None:
    async with serve(live_linger_s=60) as served:
        await served.get(ONE)
        stub.drop_next("SendTaskSuccess")
        stub.drop_next("GetExecutionHistory", times=2)
        assert (await yes(served)).body["replayed"] is False


async def test_an_answer_that_never_arrived_is_worth_another_try(served: Served, arn: str) -> None:
    served.stub.drop_next("SendTaskSuccess", applied=False)
    answer = await yes(served)
    assert (answer.status, answer.body["retryable"]) == (503, True)
    assert settlements(served.stub, arn) == []
    assert (await yes(served)).body["replayed"] is False


async def test_a_throttle_claims_nothing(served: Served, arn: str) -> None:
    served.stub.fail_next("SendTaskSuccess", code="ThrottlingException")
    answer = await yes(served)
    assert (answer.status, answer.body["code"]) == (503, "throttled")
    assert int(answer.headers["retry-after"]) >= 1
    assert (await yes(served)).body["replayed"] is False


async def test_an_execution_just_started_elsewhere_is_found_once_aws_shows_it(
    served: Served, arn: str
) -> None:
    served.stub.freeze(arn, describes=5)
    served.stub.hide(arn, reads=1)
    assert (await yes(served)).status == 404
    assert (await yes(served)).status == 200


async def test_no_token_ever_leaves(
    serve: Serving, stub: StepFunctionsStub, arn: str, logs: io.StringIO
) -> None:
    said: list[object] = []
    echo = {"output": {"you sent": TOKEN, "link": f"https://x.test/?t={TOKEN}"}}
    raw = {"token": TOKEN}
    async with serve(log_level="debug") as served, served.ready() as socket:
        await socket.say("subscribe", id="e", execution="order:one", level="events")
        said.append(await socket.hear("subscribed"))
        stub.fail_next("SendTaskSuccess", code="ValidationException", message=f"'{TOKEN}' is bad")
        stub.fail_next("SendTaskHeartbeat", code="InternalError", message=TOKEN, status=500)
        for path, body in (
            (f"{TASK}/heartbeat", None),
            (f"{TASK}/success", echo),
            (f"{TASK}/success", echo),
            (f"{TASK}/success", echo),
            (f"{TASK}/failure", NO),
            ("/v1/task-tokens/heartbeat", raw),
            ("/v1/task-tokens/success", raw),
            ("/v1/task-tokens/failure", {**raw, "cause": 7}),
            ("/v1/task-tokens/failure", {"token": TOKEN * 9}),
            ("/v1/task-tokens/failure", {"token": 9, "tokens": [TOKEN]}),
        ):
            said.append(await served.post(path, body))
        said.append(await served.call("POST", "/v1/task-tokens/success", data=f'{{"{TOKEN}'))
        for path in (ONE, f"{ONE}/tasks", f"{ONE}/events", "/metrics"):
            said.append(await served.get(path))
        said.extend(await socket.hear_until(lambda m: "TaskSucceeded" in str(m)))
    assert settlements(stub, arn) == ["TaskSucceeded"]
    assert "task settled" in logs.getvalue()
    for each in (*said, logs.getvalue()):
        assert TOKEN[:40] not in str(each)


async def test_a_failure_of_our_own_logs_no_values(
    serve: Serving, stub: StepFunctionsStub, arn: str, logs: io.StringIO
) -> None:
    """A traceback with local variables would show the token and the output."""
    async with serve() as served:
        object.__setattr__(served.services, "tasks", Broken())
        answer = await served.post("/v1/task-tokens/success", {"token": TOKEN, "output": "secret"})
    assert answer.status == 500
    assert "request failed" in logs.getvalue()
    assert TOKEN[:40] not in logs.getvalue()
    assert "secret" not in logs.getvalue()


class Broken:
    async def settle_token(self, token: str, answer: object) -> None:
        raise ZeroDivisionError
