"""A variable that no state before has assigned is told."""

from handrail.core.models import Json
from tests.core.definition.lint.linted import ALL, DONE, found
from tests.core.definitions import task


def passing(to: str | None = None, **fields: Json) -> dict[str, Json]:
    return {"Type": "Pass", **({"Next": to} if to else {"End": True}), **fields}


def test_a_variable_assigned_before_is_there() -> None:
    states = {
        "A": passing("B", Assign={"x": 1}),
        "B": passing("C", Parameters={"a.$": "States.Array($x, 1)"}),
        "C": passing(QueryLanguage="JSONata", Output="{% $x + 1 %}"),
    }

    assert "unassigned-variable" not in found(states)


def test_a_variable_assigned_later_or_nowhere_is_not() -> None:
    late = {"A": passing("B", OutputPath="$x"), "B": passing(Assign={"x": 1})}

    finding = found(late)["unassigned-variable"]

    assert (finding.state, finding.path) == ("A", "States.A.OutputPath")
    assert "unassigned-variable" in found({"A": passing(InputPath="$nowhere")})


def test_what_may_have_been_assigned_on_the_way_is_not_told() -> None:
    loop = {"A": passing("B", Parameters={"a.$": "$x"}), "B": passing("A", Assign={"x": 1})}
    catch = [{"ErrorEquals": ALL, "Next": "B", "Assign": {"failed": True}}]
    caught = {"A": task(Catch=catch), "B": passing(Parameters={"f.$": "$failed"})}

    assert "unassigned-variable" not in found(loop)
    assert "unassigned-variable" not in found(caught)


def test_inner_states_see_the_outer_ones_variables_and_not_the_other_way_round() -> None:
    inner = {"StartAt": "C", "States": {"C": passing(OutputPath="$x", Assign={"y": 1})}}
    parallel: dict[str, Json] = {"Type": "Parallel", "Branches": [inner], "Next": "D"}
    states = {
        "A": passing("B", Assign={"x": 1}),
        "B": parallel,
        "D": passing("E", OutputPath="$y"),
        "E": DONE,
    }

    assert found(states)["unassigned-variable"].state == "D"
