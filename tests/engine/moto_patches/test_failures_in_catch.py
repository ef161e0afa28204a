"""A Catch that can't be evaluated itself."""

from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, types
from tests.engine.jsonata_machines import states

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOOM = {"StartAt": "Boom", "States": {"Boom": {"Type": "Fail", "Error": "Boom"}}}
CATCH = [{"ErrorEquals": ["Boom"], "Output": "{% $states.errorOutput.nope %}", "Next": "Done"}]
DONE = {"Type": "Succeed"}


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Parallel", "Branches": [BOOM]},
        {"Type": "Map", "Items": [1], "ItemProcessor": BOOM},
    ],
    ids=["Parallel", "Map"],
)
async def test_its_state_fails_a_second_time(calls: Calls, state: dict[str, Any]) -> None:
    machine = await calls.create(states(A=state | {"Catch": CATCH, "End": True}, Done=DONE))
    arn = (await calls.sfn.start_execution(stateMachineArn=machine))["executionArn"]
    ended = await calls.ended(arn)
    events = await calls.history(arn)

    failed = f"{state['Type']}StateFailed"
    assert types(events)[-4:] == [failed, "EvaluationFailed", failed, "ExecutionFailed"]
    before = next(event["previousEventId"] for event in events if event["type"] == failed)
    evaluation = events[-3]
    assert evaluation["previousEventId"] == before
    assert evaluation["evaluationFailedEventDetails"]["location"] == "Catch[0]/Output"
    assert "(entered at the event id #2)" in ended["cause"]


async def test_a_second_evaluation_tells_the_entry_and_not_the_first_one(calls: Calls) -> None:
    catch = [{**CATCH[0], "ErrorEquals": ["States.ALL"]}]
    state = {"Type": "Map", "Items": "{% 1 %}", "ItemProcessor": BOOM, "Catch": catch, "End": True}
    ended = await calls.run(states(A=state, Done=DONE))
    assert "(entered at the event id #2). The JSONata expression" in ended["cause"]
