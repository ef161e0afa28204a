"""A definition is flattened: every state, where it stands, where it leads."""

import pytest

from handrail.core.definition.definition import Definition, QueryLanguage, TransitionKind
from handrail.core.errors import InvalidDefinition, InvalidRequest
from tests.core.definitions import machine, task


def branch(name: str, **fields: object) -> dict[str, object]:
    return {"StartAt": name, "States": {name: {"Type": "Pass", "End": True, **fields}}}


NESTED = machine(
    {
        "Fan": {
            "Type": "Parallel",
            "Branches": [branch("Left"), branch("Right")],
            "Next": "Each",
        },
        "Each": {"Type": "Map", "ItemProcessor": branch("Item"), "Next": "Old"},
        "Old": {"Type": "Map", "Iterator": branch("OldItem"), "End": True},
    }
)


def test_states_of_branches_and_iterators_are_flat() -> None:
    assert {name: state.scope.parent for name, state in NESTED.states.items()} == {
        "Fan": None,
        "Each": None,
        "Old": None,
        "Left": "Fan",
        "Right": "Fan",
        "Item": "Each",
        "OldItem": "Old",
    }


def test_a_state_knows_its_place() -> None:
    right = NESTED.states["Right"]

    assert right.path == "States.Fan.Branches[1].States.Right"
    assert right.scope.start_at == "Right"
    assert right.end
    assert [scope.path for scope in NESTED.scopes_in("Fan")] == [
        "States.Fan.Branches[0]",
        "States.Fan.Branches[1]",
    ]


def test_every_way_out_of_a_state_is_a_target() -> None:
    definition = machine(
        {
            "Pick": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Work"},
                    {"Not": {"Variable": "$.x", "IsPresent": True}, "Next": "Done"},
                ],
                "Default": "Done",
            },
            "Work": task(Next="Done", Catch=[{"ErrorEquals": ["A", "B"], "Next": "Done"}]),
            "Done": {"Type": "Succeed"},
        }
    )

    pick, work = definition.states["Pick"].transitions, definition.states["Work"].transitions
    assert [(t.state, t.kind, t.label) for t in pick] == [
        ("Work", TransitionKind.CHOICE, "$.n NumericGreaterThan 1"),
        ("Done", TransitionKind.CHOICE, "not $.x IsPresent true"),
        ("Done", TransitionKind.DEFAULT, None),
    ]
    assert [(t.kind, t.label, t.path) for t in work] == [
        (TransitionKind.NEXT, None, "States.Work.Next"),
        (TransitionKind.CATCH, "A, B", "States.Work.Catch[0].Next"),
    ]


def test_the_query_language_is_the_states_own_or_the_top_levels() -> None:
    own = {"Type": "Pass", "End": True, "QueryLanguage": "JSONata"}
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": own}

    mixed = machine(states)
    whole = machine(states, QueryLanguage="JSONata")

    assert mixed.states["A"].query_language is QueryLanguage.JSONPATH
    assert mixed.states["B"].query_language is QueryLanguage.JSONATA
    assert whole.states["A"].query_language is QueryLanguage.JSONATA


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{", "definition"),
        ("[]", "definition"),
        ('{"TimeoutSeconds": NaN, "States": {}}', "definition"),
        ("{}", "States"),
        ('{"States": []}', "States"),
        ('{"States": {"A": 1}}', "States.A"),
        ('{"States": {"A": {"Branches": [{"States": 1}]}}}', "States.A.Branches[0].States"),
        ("[" * 100_000, "definition"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, path: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        Definition.parse(text)

    assert isinstance(refused.value, InvalidRequest)
    assert [error.path for error in refused.value.errors] == [path]


def test_where_a_name_repeats_the_first_state_wins() -> None:
    definition = machine({"Same": {"Type": "Parallel", "Branches": [branch("Same")], "End": True}})

    assert definition.states["Same"].type == "Parallel"
    assert [state.type for state in definition.all_states] == ["Parallel", "Pass"]
