"""Intrinsic functions mean what is written, or are refused."""

import json

import pytest

from tests.engine.engine_fixture import Calls, one_state, refusal

on_the_engine = pytest.mark.asyncio(loop_scope="session")


@on_the_engine
@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r"States.Array('it\'s', 'a\\b')", ["it's", "a\\b"]),
        ("States.Array(1.5, -2.5, 3, 1e2)", [1.5, -2.5, 3, 100.0]),
        ("States.Array(null, true, false)", [None, True, False]),
        ("States.Array($.list[?(@ > 1)], $.list.length(), $$.State.Name)", [[2], 2, "A"]),
        ("States.Format('{}', States.ArrayGetItem($['list'], 1))", "2"),
        ("States.Format('{}', $['a']['b'])", "c"),
        ('States.StringToJson(\'{"k": "v"}\')', {"k": "v"}),
    ],
)
async def test_a_function_is_read_as_json_means_it(
    calls: Calls, written: str, value: object
) -> None:
    state = one_state(Type="Pass", Parameters={"r.$": written})
    ended = await calls.run(state, {"a": {"b": "c"}, "list": [1, 2]})
    assert json.loads(ended["output"]) == {"r": value}


@on_the_engine
@pytest.mark.parametrize(
    "written",
    [
        "States.Array(1, )",
        "States.Array(1 2)",
        "States.Format('a', $.b c)",
        "States.Nope(1)",
        "States.UUID(1)",
        r"States.Format('\"')",
    ],
)
async def test_half_a_function_is_refused(calls: Calls, written: str) -> None:
    code, message = await refusal(calls.create(one_state(Type="Pass", Parameters={"r.$": written})))
    assert code == "InvalidDefinition"
    assert "/States/A" in message
