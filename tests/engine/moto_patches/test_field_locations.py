"""Where a failure is told to have happened."""

from typing import Any

import pytest

from tests.engine.engine_fixture import Calls
from tests.engine.jsonata_machines import CAUGHT, ITEM, catch, echo, jsonata, run, states

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO = "{% $nope %}"
RULE = {"Condition": "{% true %}", "Next": "C"}
MACHINES: dict[str, Any] = {
    "Output": jsonata(Type="Pass", Output=NO),
    "Output/a/b[1]": jsonata(Type="Pass", Output={"a": {"b": [1, NO]}}),
    "Assign/v[0]/w": jsonata(Type="Pass", Assign={"v": [{"w": NO}]}),
    "Arguments/Payload/a": states(A=echo(Arguments={"FunctionName": "f", "Payload": {"a": NO}})),
    "Choices[1]/Condition": states(
        A={"Type": "Choice", "Choices": [RULE | {"Condition": False}, RULE | {"Condition": NO}]},
        C=CAUGHT,
    ),
    "Choices[0]/Output/k": states(
        A={"Type": "Choice", "Choices": [RULE | {"Output": {"k": NO}}]}, C=CAUGHT
    ),
    "Choices[0]/Assign/k": states(
        A={"Type": "Choice", "Choices": [RULE | {"Assign": {"k": NO}}]}, C=CAUGHT
    ),
    "Catch[1]/Output/k": states(
        A=echo(
            Output="{% $nothing %}",
            Catch=[*catch("C", "X"), *catch("C", Output={"k": NO})],
        ),
        C=CAUGHT,
    ),
    "Items": jsonata(Type="Map", Items=NO, ItemProcessor=ITEM),
    "Items[1]": jsonata(Type="Map", Items=[1, NO], ItemProcessor=ITEM),
    "ItemSelector/v": jsonata(Type="Map", Items=[1], ItemSelector={"v": NO}, ItemProcessor=ITEM),
    "MaxConcurrency": jsonata(Type="Map", Items=[1], MaxConcurrency=NO, ItemProcessor=ITEM),
    "Seconds": jsonata(Type="Wait", Seconds=NO),
    "Timestamp": jsonata(Type="Wait", Timestamp=NO),
    "TimeoutSeconds": states(A=echo(TimeoutSeconds=NO)),
    "Error": states(A={"Type": "Fail", "Error": NO}),
    "Cause": states(A={"Type": "Fail", "Cause": NO}),
}


@pytest.mark.parametrize("location", MACHINES)
async def test_a_failure_names_the_path_of_its_field(calls: Calls, location: str) -> None:
    ended = await run(calls, MACHINES[location])
    assert f"'$nope' specified for the field '{location}' returned" in str(ended.cause)
    assert ended.details("EvaluationFailed")[-1]["location"] == location
    assert ended.types.count("EvaluationFailed") == 1 + location.startswith("Catch")
