"""AWS's reads may show a write seconds late: what was started, stopped or redriven is answered as
it is, at any replica."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from math import inf

import pytest

from tests.stubs.account import Lag
from tests.stubs.operations import Answer, Body
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.conftest import Serving
from tests.web.served import Served, eventually
from tests.web.stories import (
    WITH_APPROVAL,
    ended,
    entered,
    failed,
    ran,
    running,
    succeeded,
    waiting,
)

ORDER = "/v1/state-machines/order/executions"
ONE = "/v1/executions/order:one"
KEY = {"Idempotency-Key": "once"}
READS = ("DescribeExecution", "GetExecutionHistory")


class AwsTime:
    """Of the endpoint, which a test puts back."""

    def __init__(self) -> None:
        self.behind_s = 0.0

    def __call__(self) -> datetime:
        return datetime.now(UTC) - timedelta(seconds=self.behind_s)


@pytest.fixture
def time() -> AwsTime:
    return AwsTime()


@pytest.fixture
async def stub(time: AwsTime) -> AsyncIterator[StepFunctionsStub]:
    async with StepFunctionsStub(now=time) as stub:
        stub.add_machine("order")
        yield stub


@pytest.fixture
async def replicas(serve: Serving) -> AsyncIterator[tuple[Served, Served]]:
    """Two processes, in front of one account."""
    async with AsyncExitStack() as stack:
        here, there = serve(knows_the_time=False), serve(knows_the_time=False)
        yield (await stack.enter_async_context(here), await stack.enter_async_context(there))


def hidden(stub: StepFunctionsStub) -> None:
    """From now on nothing written is read, until the stub catches up."""
    stub.account.lag = Lag(seconds=inf)


def only_arn(stub: StepFunctionsStub) -> str:
    (arn,) = stub.account.runs
    return arn


class TestReplays:
    async def test_a_replay_waits_as_the_first_start_does(self, served: Served) -> None:
        await served.post(ORDER, {}, headers=KEY)
        asked = asyncio.create_task(served.post(f"{ORDER}?wait=20", {}, headers=KEY))
        reads = served.stub.calls["GetExecutionHistory"]
        await eventually(lambda: served.stub.calls["GetExecutionHistory"] > reads + 3)
        assert not asked.done()
        served.stub.append(only_arn(served.stub), *ran("Charge"), succeeded({"paid": True}))
        answer = await asked
        assert (answer.status, answer.body["replayed"]) == (200, True)
        assert (answer.body["status"], answer.body["output"]) == ("SUCCEEDED", {"paid": True})

    async def test_a_replay_waits_no_longer_than_for_a_pending_task(self, served: Served) -> None:
        served.stub.add_machine("order", definition=WITH_APPROVAL)
        await served.post(ORDER, {}, headers=KEY)
        served.stub.append(only_arn(served.stub), *waiting())
        answer = await served.post(f"{ORDER}?wait=20", {}, headers=KEY)
        assert (answer.status, answer.body["tasks"][0]["state"]) == (200, "Approve")

    async def test_what_ended_unseen_is_a_replay_where_it_was_started(self, served: Served) -> None:
        hidden(served.stub)
        first = await served.post(ORDER, {"input": {"a": 1, "b": 2}}, headers=KEY)
        served.stub.append(only_arn(served.stub), succeeded())
        again = await served.post(ORDER, {"input": {"b": 2, "a": 1}}, headers=KEY)
        other = await served.post(ORDER, {"input": {"a": 2}}, headers=KEY)
        assert (again.status, again.body["replayed"]) == (200, True)
        assert again.body["cursor"] == first.body["cursor"]
        assert (other.status, other.body["code"]) == (409, "execution_conflict")

    async def test_elsewhere_it_is_looked_for_and_then_to_be_asked_for_again(
        self, replicas: tuple[Served, Served]
    ) -> None:
        here, there = replicas
        hidden(here.stub)
        await here.post(ORDER, {}, headers=KEY)
        here.stub.append(only_arn(here.stub), succeeded())
        unseen = await there.post(ORDER, {}, headers=KEY)
        assert (unseen.status, unseen.body["retryable"]) == (503, True)
        here.stub.account.catch_up()
        seen = await there.post(ORDER, {}, headers=KEY)
        other = await there.post(ORDER, {"input": 2}, headers=KEY)
        assert (seen.status, seen.body["replayed"], other.status) == (200, True, 409)

    @pytest.mark.parametrize("earlier_s", [0.2, 0.9, 1.9])
    async def test_a_replay_elsewhere_is_told_within_a_second_of_the_start_too(
        self, replicas: tuple[Served, Served], time: AwsTime, earlier_s: float
    ) -> None:
        here, there = replicas
        hidden(here.stub)
        time.behind_s = earlier_s
        first = await here.post(ORDER, {}, headers=KEY)
        time.behind_s = 0
        again = await there.post(ORDER, {}, headers=KEY)
        assert (first.status, "replayed" in first.body) == (202, False)
        assert (again.status, again.body.get("replayed")) == (200, True)
        assert again.body["execution"] == first.body["execution"]


class TestRedriving:
    async def test_a_redrive_that_isn_t_seen_yet_is_answered_as_applied(
        self, served: Served
    ) -> None:
        served.stub.append(running(served.stub), entered("Charge"), failed())
        hidden(served.stub)
        answer = await served.post(f"{ONE}/redrive")
        assert (answer.status, answer.body["status"]) == (202, "RUNNING")
        assert answer.body["redrive_count"] == 1
        assert [answer.body[name] for name in ("stopped_at", "error", "cause")] == [None] * 3
        assert answer.body["cursor"].endswith(":4")

    @pytest.mark.parametrize("read", READS)
    async def test_it_is_answered_though_reads_fail_after_it(
        self, served: Served, read: str
    ) -> None:
        served.stub.append(running(served.stub), failed())
        await served.get(ONE)
        served.stub.answer("RedriveExecution", self._failing(served.stub, read))
        answer = await served.post(f"{ONE}/redrive")
        assert (answer.status, answer.body["status"]) == (202, "RUNNING")
        assert answer.body["redrive_count"] == 1

    async def test_who_comes_back_with_the_old_end_sees_it_run_again(self, served: Served) -> None:
        arn = running(served.stub)
        served.stub.append(arn, failed())
        epoch = (await served.get(ONE)).body["cursor"].partition(":")[0]
        hidden(served.stub)
        await served.post(f"{ONE}/redrive")
        last = {"Last-Event-ID": f"{epoch}:2"}
        asked = asyncio.ensure_future(served.http.get(f"{ONE}/stream", headers=last))
        reads = served.stub.calls["GetExecutionHistory"]
        await eventually(lambda: served.stub.calls["GetExecutionHistory"] > reads)
        assert not asked.done()
        served.stub.account.catch_up()
        async with await asked as stream:
            assert stream.status == 200
            served.stub.append(arn, entered("Charge"), succeeded())
            told = (await stream.read()).decode()
        assert told.count('"type":"complete"') == 1
        assert '"status":"SUCCEEDED"' in told.rpartition('"type":"complete"')[2]

    async def test_who_polls_from_its_cursor_waits_for_what_follows(self, served: Served) -> None:
        arn = running(served.stub)
        served.stub.append(arn, failed())
        hidden(served.stub)
        cursor = (await served.post(f"{ONE}/redrive")).body["cursor"]
        reads = served.stub.calls["GetExecutionHistory"]
        query = {"after": cursor, "wait": "20"}
        asked = asyncio.create_task(served.get(f"{ONE}/events", params=query))
        await eventually(lambda: served.stub.calls["GetExecutionHistory"] > reads + 2)
        assert not asked.done()
        served.stub.account.catch_up()
        served.stub.append(arn, succeeded())
        answer = await asked
        assert [event["id"] for event in answer.body["events"]] == [4]
        assert answer.body["complete"] is True

    def _failing(self, stub: StepFunctionsStub, read: str) -> Callable[[Body], Answer]:
        def redrive(body: Body) -> Answer:
            stub.fail_next(read, code="ThrottlingException", times=99)
            return stub.account.redrive_execution(body)

        return redrive


class TestStopping:
    async def test_a_stop_that_isn_t_seen_in_time_is_answered_as_applied(
        self, served: Served
    ) -> None:
        served.stub.append(running(served.stub), entered("Charge"))
        hidden(served.stub)
        answer = await served.post(f"{ONE}/stop", {"error": "Mistaken", "cause": "Wrong order."})
        assert (answer.status, answer.body["status"]) == (200, "ABORTED")
        assert (answer.body["error"], answer.body["cause"]) == ("Mistaken", "Wrong order.")
        assert answer.body["stopped_at"] is not None
        assert answer.body["cursor"].endswith(":3")
        assert answer.body["states"][0]["status"] == "ABORTED"

    async def test_a_stop_is_answered_though_nothing_can_be_read(self, served: Served) -> None:
        running(served.stub)
        for read in READS:
            served.stub.fail_next(read, code="ThrottlingException", times=10_000)
        answer = await served.post(f"{ONE}/stop", {"error": "Mistaken"})
        assert (answer.status, answer.body["status"]) == (200, "ABORTED")
        assert (answer.body["error"], answer.body["cursor"]) == ("Mistaken", None)
        assert served.stub.execution(only_arn(served.stub)).status == "ABORTED"

    async def test_one_that_had_ended_is_answered_as_it_ended(self, served: Served) -> None:
        ended(served.stub)
        hidden(served.stub)
        answer = await served.post(f"{ONE}/stop")
        assert (answer.status, answer.body["status"]) == (200, "SUCCEEDED")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("ExpiredTokenException", (503, True)), ("UnrecognizedClientException", (502, False))],
)
async def test_credentials_that_are_refused_for_a_while_end_no_stream(
    served: Served, code: str, expected: tuple[int, bool]
) -> None:
    """REST says whether it passes by itself; a stream is repeated by the service."""
    arn = running(served.stub)
    async with served.ready(f"{ONE}/ws") as socket:
        await socket.hear("subscribed")
        served.stub.fail_next("GetExecutionHistory", code=code, times=2)
        error = await socket.hear()
        assert (error["code"], error["retryable"]) == ("upstream_refused", True)
        served.stub.append(arn, succeeded())
        assert (await socket.hear("complete"))["status"] == "SUCCEEDED"
    served.stub.fail_next("GetExecutionHistory", code=code)
    running(served.stub, "two")
    answer = await served.get("/v1/executions/order:two")
    assert (answer.status, answer.body["retryable"]) == expected
