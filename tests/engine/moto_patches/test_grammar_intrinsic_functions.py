"""Intrinsic functions mean what is written, or are refused."""

import json

import pytest

from handrail.engine.moto_patches.grammar import IntrinsicText, format_text
from tests.engine.engine_fixture import Calls, one_state, refusal

on_the_engine = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("written", "values", "text"),
    [
        (r"{} and {}", ["a", 1], "a and 1"),
        (r"\{{}\}", ["a"], "{a}"),
        (r"it\'s a \\ slash", [], "it's a \\ slash"),
        (r"line\n{}", [True], "line\ntrue"),
    ],
)
def test_a_format_has_places_and_escapes(written: str, values: list[object], text: str) -> None:
    assert format_text(IntrinsicText(written), *values) == text


@pytest.mark.parametrize(("written", "values"), [("{}", []), ("", ["a"]), ("{", []), ("{0}", [1])])
def test_a_format_that_does_not_fit_is_an_error(written: str, values: list[object]) -> None:
    with pytest.raises(ValueError, match=r"argument|escaped"):
        format_text(IntrinsicText(written), *values)


@on_the_engine
@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r"States.Array('it\'s', 'a\\b')", ["it's", "a\\b"]),
        ("States.Array(1.5, -2.5, 3)", [1.5, -2.5, 3]),
        ("States.Format('{}', $['a']['b'])", "c"),
        ('States.StringToJson(\'{"k": "v"}\')', {"k": "v"}),
    ],
)
async def test_a_function_is_read_as_json_means_it(
    calls: Calls, written: str, value: object
) -> None:
    state = one_state(Type="Pass", Parameters={"r.$": written})
    ended = await calls.run(state, {"a": {"b": "c"}})
    assert json.loads(ended["output"]) == {"r": value}


@on_the_engine
@pytest.mark.parametrize(
    "written", ["States.Array(1, )", "States.Array(1 2)", "States.Format('a', $.b c)"]
)
async def test_half_a_function_is_refused(calls: Calls, written: str) -> None:
    code, message = await refusal(calls.create(one_state(Type="Pass", Parameters={"r.$": written})))
    assert code == "InvalidDefinition"
    assert "/States/A" in message
