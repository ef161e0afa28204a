"""Times in the context object."""

import json
import re

import pytest

from tests.engine.engine_fixture import Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_times_are_utc_in_milliseconds(calls: Calls) -> None:
    template = {"entered.$": "$$.State.EnteredTime", "started.$": "$$.Execution.StartTime"}
    ended = await calls.run(one_state(Type="Pass", Parameters=template))
    for text in json.loads(ended["output"]).values():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)


async def test_the_context_object_is_aws_s(calls: Calls) -> None:
    ended = await calls.run(one_state(Type="Pass", InputPath="$$"), {"a": 1})
    context = json.loads(ended["output"])
    assert context["Execution"].keys() == {
        "Id",
        "Input",
        "Name",
        "RoleArn",
        "StartTime",
        "RedriveCount",
    }
    assert (context["Execution"]["Input"], context["Execution"]["RedriveCount"]) == ({"a": 1}, 0)
    assert context["StateMachine"].keys() == {"Id", "Name"}
    assert context["State"].keys() == {"Name", "EnteredTime"}
    assert context.keys() == {"Execution", "StateMachine", "State"}
