"""What an expression gives, and how its failure is told."""

from typing import Any

import pytest

from tests.engine.engine_fixture import Calls
from tests.engine.jsonata_machines import echo, jsonata, run, states

pytestmark = pytest.mark.asyncio(loop_scope="session")

ERROR = "States.QueryEvaluationError"


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("$nope", "returned nothing (undefined)."),
        ("$fn := function($x){$x}", "returned an unsupported result type."),
        (
            "$abs('x')",
            'threw an error during evaluation. T0410: Argument 1 of function "abs" does not match'
            " function signature",
        ),
        (
            "[1..900000]",
            "threw an error during evaluation: Expression evaluation memory limit exceeded: Check"
            " for excessive memory usage",
        ),
    ],
)
async def test_an_expression_without_a_value_fails_its_state(
    calls: Calls, expression: str, problem: str
) -> None:
    ended = await run(calls, jsonata(Type="Pass", Output={"x": f"{{% {expression} %}}"}))
    where = "An error occurred while executing the state 'A' (entered at the event id #2)."
    field = f"The JSONata expression '{expression}' specified for the field 'Output/x'"
    cause = f"{where} {field} {problem}"
    assert (ended.status, ended.error, ended.cause) == ("FAILED", ERROR, cause)
    assert ended.types[2:] == ["EvaluationFailed", "ExecutionFailed"]
    told = {"error": ERROR, "cause": cause, "location": "Output/x", "state": "A"}
    assert ended.details("EvaluationFailed") == [told]


async def test_the_failure_of_an_output_stands_beside_its_state_s_entry(calls: Calls) -> None:
    definition = states(A={"Type": "Pass", "Next": "B"}, B=jsonata(Type="Pass")["States"]["A"])
    definition["States"]["B"]["Output"] = "{% $nope %}"
    ended = await run(calls, definition)
    assert ended.types[-3:] == ["PassStateEntered", "EvaluationFailed", "ExecutionFailed"]
    assert [event["previousEventId"] for event in ended.events[-3:]] == [3, 3, 5]


async def test_a_failure_after_the_task_tells_where_the_state_was_entered(calls: Calls) -> None:
    ended = await run(calls, states(A=echo(Output="{% $nope %}")))
    assert "(entered at the event id #2)" in str(ended.cause)


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ("{% $states.input.a %}", 1),
        (" {% $states.input.a %} ", " {% $states.input.a %} "),
        ("a {% $states.input.a %} b", "a {% $states.input.a %} b"),
        (["$states.input", "{%$states.input.a%}"], ["$states.input", 1]),
        ({"a.$": "$.a", "n": None}, {"a.$": "$.a", "n": None}),
        ("{% $states.context.State.Name %}", "A"),
        ("{% $states.input.void %}", None),
        ("{% $states.input.text = '\"' %}", True),
    ],
)
async def test_a_template_has_its_expressions_evaluated(
    calls: Calls, template: Any, output: Any
) -> None:
    given = {"a": 1, "void": None, "text": '"'}
    ended = await run(calls, jsonata(Type="Pass", Output=template), given)
    assert (ended.status, ended.output) == ("SUCCEEDED", output)


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.a",
        "$states.`input`.a",
        "$lookup($states, 'input').a",
        "$states[true].input.a",
    ],
)
async def test_states_is_an_object_however_it_is_read(calls: Calls, expression: str) -> None:
    ended = await run(calls, jsonata(Type="Pass", Output=f"{{% {expression} %}}"), {"a": 1})
    assert ended.output == 1
