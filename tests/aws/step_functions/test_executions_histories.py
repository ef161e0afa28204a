"""The Histories port over a real socket."""

import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.aws.step_functions.executions import AwsHistories
from handrail.core.errors import ExecutionNotFound, InvalidRequest
from handrail.core.models import HistoryEvent
from handrail.core.ports import Histories
from tests.stubs.account import START
from tests.stubs.stepfunctions import StepFunctionsStub, event


@pytest.fixture
def histories(clients: Clients, calls: AwsCalls) -> Histories:
    return AwsHistories(clients, calls)


@pytest.fixture
def arn(stub: StepFunctionsStub) -> str:
    stub.add_machine("order")
    arn = stub.add_execution("order", "one")
    stub.append(arn, event("ExecutionStarted", timestamp=START, details={"input": "{}"}))
    stub.append(arn, *(event("WaitStateEntered", details={"name": "W"}) for _ in range(4)))
    return arn


async def test_events_keep_their_numbers_details_and_times(histories: Histories, arn: str) -> None:
    page = await histories.read_page(arn, limit=2)
    assert page.items[0] == HistoryEvent(
        id=1,
        previous_id=0,
        type="ExecutionStarted",
        at=START,
        details={"input": "{}"},
        details_key="executionStartedEventDetails",
    )
    assert page.items[1].details_key == "stateEnteredEventDetails"
    assert page.items[1].previous_id == 1


@pytest.mark.parametrize("newest_first", [False, True])
async def test_pages_follow_each_other_in_the_asked_order(
    histories: Histories, arn: str, newest_first: bool
) -> None:
    ids: list[int] = []
    token = None
    while True:
        page = await histories.read_page(arn, limit=2, newest_first=newest_first, token=token)
        ids += [each.id for each in page.items]
        token = page.next_token
        if token is None:
            break
    assert ids == ([5, 4, 3, 2, 1] if newest_first else [1, 2, 3, 4, 5])


async def test_a_limit_above_awss_own_asks_for_as_much_as_there_is(
    histories: Histories, stub: StepFunctionsStub, arn: str
) -> None:
    await histories.read_page(arn, limit=5000)
    assert stub.requests[-1].body["maxResults"] == 1000


async def test_each_page_is_one_call(
    histories: Histories, stub: StepFunctionsStub, arn: str
) -> None:
    await histories.read_page(arn, limit=1)
    assert stub.calls["GetExecutionHistory"] == 1


async def test_a_stale_page_token_is_the_callers_to_drop(
    histories: Histories, stub: StepFunctionsStub, arn: str
) -> None:
    page = await histories.read_page(arn, limit=1)
    stub.expire_page_tokens()
    with pytest.raises(InvalidRequest):
        await histories.read_page(arn, limit=1, token=page.next_token)


async def test_nobodys_history_is_not_found(histories: Histories, arn: str) -> None:
    with pytest.raises(ExecutionNotFound):
        await histories.read_page(f"{arn}-not", limit=1)
