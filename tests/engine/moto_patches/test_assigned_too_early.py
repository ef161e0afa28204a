"""When what a state assigns is seen."""

from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, Definition
from tests.engine.jsonata_machines import catch, echo, run, states

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST = {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"}
SEEN = {"Type": "Pass", "Output": {"x": "{% $x %}", "in": "{% $states.input %}"}, "End": True}
ASSIGNS: dict[str, Any] = {"Assign": {"x": 2}, "Output": "{% $x %}", "Next": "C"}
IN_JSONPATH: Definition = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        "B": {"Type": "Pass", "OutputPath": "$x", "Assign": {"x": 2}, "Next": "C"},
        "C": {"Type": "Pass", "Parameters": {"x.$": "$x", "in.$": "$"}, "End": True},
    },
}


@pytest.mark.parametrize(
    "definition",
    [
        states(A=FIRST, B={"Type": "Pass", **ASSIGNS}, C=SEEN),
        states(A=FIRST, B={"Type": "Wait", "Seconds": 0, **ASSIGNS}, C=SEEN),
        states(A=FIRST, B=echo(**ASSIGNS), C=SEEN),
        states(
            A=FIRST,
            B={"Type": "Choice", "Choices": [{"Condition": True, **ASSIGNS}]},
            C=SEEN,
        ),
        states(
            A=FIRST,
            B={
                "Type": "Choice",
                "Choices": [{"Condition": False, "Next": "C"}],
                "Default": "C",
                "Assign": {"x": 2},
                "Output": "{% $x %}",
            },
            C=SEEN,
        ),
        IN_JSONPATH,
    ],
    ids=["Pass", "Wait", "Task", "rule", "Default", "OutputPath"],
)
async def test_the_next_state_sees_it_first(calls: Calls, definition: Definition) -> None:
    ended = await run(calls, definition)
    assert (ended.status, ended.output) == ("SUCCEEDED", {"x": 2, "in": 1})


async def test_a_state_that_fails_assigns_nothing(calls: Calls) -> None:
    broken = echo(Assign={"y": 1}, Output="{% $nope %}", Catch=catch("C", Assign={"z": 2}))
    seen = {"Type": "Pass", "Output": ["{% $exists($y) %}", "{% $z %}"], "End": True}
    ended = await run(calls, states(A=broken, C=seen))
    assert ended.output == [False, 2]


async def test_a_branch_keeps_its_variables_to_itself(calls: Calls) -> None:
    def branch(name: str, output: str) -> Any:
        first = {"Type": "Pass", "Assign": {"own": "{% $x + 1 %}"}, "Next": f"{name}2"}
        last = {"Type": "Pass", "Output": output, "End": True}
        return {"StartAt": name, "States": {name: first, f"{name}2": last}}

    branches = [branch("S", "{% $own %}"), branch("T", "{% $x %}")]
    around = {
        "Type": "Parallel",
        "Branches": branches,
        "Output": ["{% $states.result %}", "{% $exists($own) %}"],
        "End": True,
    }
    assert (await run(calls, states(A=FIRST, B=around))).output == [[2, 1], False]
