"""The Activities port over a real socket."""

import asyncio

import pytest
from structlog.testing import capture_logs

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.aws.step_functions.tasks import AwsActivities
from handrail.core.errors import Conflict, NotFound, Throttled, Unavailable, UpstreamRefused
from handrail.core.models import Activity, ActivityTask
from handrail.core.ports import Activities
from tests.stubs.operations import activity_arn
from tests.stubs.stepfunctions import StepFunctionsStub


@pytest.fixture
def activities(clients: Clients, calls: AwsCalls) -> Activities:
    return AwsActivities(clients, calls)


async def test_the_list_is_whole_however_many_pages_it_takes(
    activities: Activities, stub: StepFunctionsStub
) -> None:
    stub.account.machines_per_page = 2
    arns = [await activities.create(f"a{n}") for n in range(5)]
    listed = await activities.list_all()
    assert list(listed) == [Activity(f"a{n}", arns[n]) for n in range(5)]
    assert stub.calls["ListActivities"] == 3


async def test_creating_twice_is_creating_once(activities: Activities) -> None:
    assert await activities.create("review") == activity_arn("review")
    assert await activities.create("review") == activity_arn("review")
    assert len(await activities.list_all()) == 1


async def test_a_poll_brings_the_oldest_task(
    activities: Activities, stub: StepFunctionsStub
) -> None:
    arn = stub.add_activity_task("review", "t1", input='{"n":1}')
    stub.add_activity_task("review", "t2")
    assert await activities.poll(arn, worker="ada") == ActivityTask("t1", '{"n":1}')
    assert stub.requests[-1].body == {"activityArn": arn, "workerName": "ada"}
    second = await activities.poll(arn, worker="ada")
    assert second is not None
    assert second.token == "t2"


async def test_a_poll_without_a_task_brings_none(
    activities: Activities, stub: StepFunctionsStub
) -> None:
    arn = await activities.create("review")
    assert await activities.poll(arn, worker="ada") is None
    stub.answer("GetActivityTask", lambda body: {})
    assert await activities.poll(arn, worker="ada") is None


async def test_a_poll_waits_longer_than_other_calls_may_take(
    activities: Activities, stub: StepFunctionsStub, clients: Clients
) -> None:
    arn = stub.add_activity_task("review", "t1")
    stub.hang_next("GetActivityTask")
    arrived = stub.called("GetActivityTask")
    polling = asyncio.create_task(activities.poll(arn, worker="ada"))
    await arrived
    long_poll = await clients.long_poll()
    waits = [each.meta.config.read_timeout for each in (long_poll, clients.sfn)]  # type: ignore[attr-defined] # unlisted in the types
    assert waits[0] > 65 > waits[1]
    stub.release()
    assert await polling is not None


async def test_a_task_shows_neither_token_nor_input() -> None:
    assert repr(ActivityTask("secret", '{"card": 1}')) == "ActivityTask()"


@pytest.mark.parametrize(
    ("code", "status", "fact"),
    [
        ("ActivityDoesNotExist", 400, NotFound),
        ("InvalidArn", 400, NotFound),
        ("ActivityWorkerLimitExceeded", 400, Throttled),
        ("ThrottlingException", 400, Throttled),
        ("AccessDeniedException", 400, UpstreamRefused),
        ("InternalFailure", 500, Unavailable),
    ],
)
async def test_what_aws_says_of_a_poll_is_told_in_our_terms(
    activities: Activities,
    stub: StepFunctionsStub,
    code: str,
    status: int,
    fact: type[Exception],
) -> None:
    stub.fail_next("GetActivityTask", code=code, status=status)
    with pytest.raises(fact):
        await activities.poll(activity_arn("review"), worker="ada")


async def test_an_account_may_hold_no_more_activities(
    activities: Activities, stub: StepFunctionsStub
) -> None:
    stub.fail_next("CreateActivity", code="ActivityLimitExceeded")
    with pytest.raises(Conflict):
        await activities.create("review")


@pytest.mark.parametrize("quiet", [True, False])
async def test_a_quiet_caller_tells_of_an_aws_that_is_away_itself(
    clients: Clients, stub: StepFunctionsStub, quiet: bool
) -> None:
    stub.fail_next("GetActivityTask", code="ThrottlingException")
    stub.fail_next("GetActivityTask", code="AccessDeniedException")
    activities = AwsActivities(clients, AwsCalls(quiet=quiet))
    with capture_logs() as lines:
        for fact in (Throttled, UpstreamRefused):
            with pytest.raises(fact):
                await activities.poll(activity_arn("review"), worker="ada")
    told = [line["code"] for line in lines if line["event"] == "aws call failed"]
    assert told == (["upstream_refused"] if quiet else ["throttled", "upstream_refused"])
