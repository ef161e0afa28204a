"""The MapRuns port over a real socket."""

from datetime import UTC, datetime

import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.aws.step_functions.executions import AwsMapRuns
from handrail.core.errors import InvalidRequest, NotFound, UnsupportedByEndpoint
from handrail.core.models import ExecutionStatus
from handrail.core.ports import MapRuns
from tests.stubs.stepfunctions import StepFunctionsStub

ARN = "arn:aws:states:us-east-1:123456789012:mapRun:order/each:11111111-1111-1111-1111-111111111111"
COUNTS = {
    "pending": 1,
    "running": 2,
    "succeeded": 3,
    "failed": 4,
    "timedOut": 5,
    "aborted": 6,
    "total": 21,
    "resultsWritten": 0,
}
STARTED = 1_770_000_000.0


@pytest.fixture
def map_runs(clients: Clients, calls: AwsCalls) -> MapRuns:
    return AwsMapRuns(clients, calls)


@pytest.fixture
def described(stub: StepFunctionsStub) -> StepFunctionsStub:
    stub.add_map_run(ARN, status="RUNNING", counts=COUNTS)
    stub.add_child(ARN, "a", status="SUCCEEDED", startDate=STARTED, stopDate=STARTED + 1)
    stub.add_child(ARN, "b", status="FAILED", startDate=STARTED, stopDate=STARTED + 2)
    return stub


@pytest.mark.parametrize(
    ("status", "ended"),
    [("RUNNING", False), ("SUCCEEDED", True), ("FAILED", True), ("ABORTED", True)],
)
async def test_a_map_run_says_where_its_items_are(
    map_runs: MapRuns, stub: StepFunctionsStub, status: str, ended: bool
) -> None:
    stub.add_map_run(ARN, status=status, counts=COUNTS)
    run = await map_runs.describe(ARN)
    assert run.ended is ended
    assert (run.count("total"), run.count("failed", "timedOut")) == (21, 9)
    assert run.unfinished


async def test_an_endpoint_that_counts_nothing_offers_no_counts(
    map_runs: MapRuns, stub: StepFunctionsStub
) -> None:
    stub.add_map_run(ARN, status="SUCCEEDED", counts={})
    with pytest.raises(UnsupportedByEndpoint):
        await map_runs.describe(ARN)


async def test_children_are_executions(map_runs: MapRuns, described: StepFunctionsStub) -> None:
    page = await map_runs.list_children(ARN, status=None, limit=10, token=None)
    assert [str(child.id) for child in page.items] == ["order/each:a", "order/each:b"]
    assert page.items[1].status is ExecutionStatus.FAILED
    assert page.items[0].started_at == datetime.fromtimestamp(STARTED, UTC)
    assert page.next_token is None


async def test_children_are_asked_for_by_status_and_page(
    map_runs: MapRuns, described: StepFunctionsStub
) -> None:
    failed = await map_runs.list_children(ARN, status=ExecutionStatus.FAILED, limit=10, token=None)
    assert [child.id.name for child in failed.items] == ["b"]
    first = await map_runs.list_children(ARN, status=None, limit=1, token=None)
    rest = await map_runs.list_children(ARN, status=None, limit=1, token=first.next_token)
    assert [child.id.name for child in (*first.items, *rest.items)] == ["a", "b"]


async def test_a_stale_token_is_the_caller_s(
    map_runs: MapRuns, described: StepFunctionsStub
) -> None:
    with pytest.raises(InvalidRequest):
        await map_runs.list_children(ARN, status=None, limit=1, token="x")


async def test_nobody_s_map_run_is_not_found(map_runs: MapRuns, stub: StepFunctionsStub) -> None:
    with pytest.raises(NotFound):
        await map_runs.describe(ARN)
