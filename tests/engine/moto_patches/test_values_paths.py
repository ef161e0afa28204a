"""Paths give what Jayway's JsonPath gives."""

from typing import Any

import pytest
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from handrail.engine.moto_patches.values import extract
from tests.engine.engine_fixture import Calls, one_state

DATA: dict[str, Any] = {
    "a": [{"x": 1}, {"x": 2}],
    "b": {"c": [[3], []]},
    "n": None,
    "empty": [],
    "t": [{"s": "bc/1"}, {"s": 'b"'}, {"s": 5}],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.a[1].x", 2),
        ("$.b.c[0]", [3]),
        ("$.b.c[0][0]", 3),
        ("$['a'][0]['x']", 1),
        ("$.n", None),
        ("$.a[*].x", [1, 2]),
        ("$.a[0:1].x", [1]),
        ("$.a[?(@.x == 2)]", [{"x": 2}]),
        ("$.a[?(@.x > 2)]", []),
        (r"$.t[?(@.s =~ /B.*\/\d/i)].s", ["bc/1"]),
        ("$.t[?(@.s =~ /b/)].s", []),
        ('$.t[?(@.s =~ /.*"/)].s', ['b"']),
        ("$.empty[*]", []),
        ("$..x", [1, 2]),
        ("$..nothing", []),
    ],
)
def test_a_definite_path_gives_a_value_and_any_other_a_list(path: str, value: Any) -> None:
    assert extract(path, DATA) == value


@pytest.mark.parametrize("path", ["$.nothing", "$.a[2]", "$.a[0].nothing", "$.n.x"])
def test_a_definite_path_to_nothing_fails(path: str) -> None:
    with pytest.raises(NoSuchJsonPathError):
        extract(path, DATA)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("name", "output"), [("A", '"same"'), ("B", '"other"')])
async def test_a_choice_compares_with_the_context_object(
    calls: Calls, name: str, output: str
) -> None:
    rule = {"Variable": "$.name", "StringEqualsPath": "$$.State.Name", "Next": "Same"}
    definition = one_state(Type="Choice", Choices=[rule], Default="Other")
    del definition["States"]["A"]["End"]
    definition["States"] |= {
        "Same": {"Type": "Pass", "Result": "same", "End": True},
        "Other": {"Type": "Pass", "Result": "other", "End": True},
    }
    assert (await calls.run(definition, {"name": name}))["output"] == output
