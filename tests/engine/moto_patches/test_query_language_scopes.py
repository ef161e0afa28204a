"""Definitions in two languages, by turns."""

import asyncio

import pytest

from tests.engine.engine_fixture import Calls, Definition, one_state, refusal

on_the_engine = pytest.mark.asyncio(loop_scope="session")

JSONPATH: Definition = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Parameters": {"n.$": "$.n"}, "Next": "B"},
        "B": {"Type": "Pass", "InputPath": "$.n", "End": True},
    },
}
JSONATA: Definition = {
    "QueryLanguage": "JSONata",
    **one_state(Type="Pass", Output="{% $states.input.n %}"),
}
MIXED: Definition = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Parameters": {"n.$": "$.n"}, "Next": "B"},
        "B": {**JSONATA["States"]["A"], "QueryLanguage": "JSONata"},
    },
}
REFUSED = [
    {"QueryLanguage": "JSONata"} | one_state(Type="Choice", Choices=[{"Variable": "$.a"}]),
    {"QueryLanguage": "JSONata"} | one_state(Type="Pass", QueryLanguage="JSONPath"),
    one_state(Type="Pass", Output="{% 1 %}"),
    one_state(Type="Pass", Nonsense=True),
    one_state(Type="Poem"),
]


@on_the_engine
@pytest.mark.parametrize("refused", REFUSED)
async def test_a_refused_definition_leaves_the_next_one_working(
    calls: Calls, refused: Definition
) -> None:
    code, _ = await refusal(calls.create(refused))
    assert code == "InvalidDefinition"
    for definition in (JSONPATH, JSONATA, MIXED):
        assert (await calls.run(definition, {"n": 1}))["output"] == "1"


@on_the_engine
async def test_200_executions_by_turns_in_two_languages_all_succeed(calls: Calls) -> None:
    machines = [await calls.create(definition) for definition in (JSONPATH, JSONATA, MIXED)]
    turn = asyncio.Semaphore(16)

    async def run(number: int) -> str:
        async with turn:
            if number % 20 == 0:
                await refusal(calls.create(REFUSED[number % len(REFUSED)]))
            arn = await calls.start(machines[number % 3], {"n": number})
            return str((await calls.ended(arn)).get("output"))

    outputs = await asyncio.gather(*(run(number) for number in range(200)))
    assert outputs == [str(number) for number in range(200)]
