"""Fail states whose error or cause is no text."""

import pytest

from tests.engine.engine_fixture import Calls

from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")

INPUT = {"number": 5, "text": "why", "nothing": None}


@pytest.mark.parametrize(
    ("field", "path"),
    [("ErrorPath", "$.number"), ("CausePath", "$.nothing"), ("CausePath", "$")],
)
async def test_both_are_texts(calls: Calls, field: str, path: str) -> None:
    fail = {"Type": "Fail", field: path}
    ended = await calls.run({"StartAt": "A", "States": {"A": fail}}, INPUT)
    cause = f"The {field} parameter does not reference a string: {path}"
    assert (ended["error"], ended["cause"]) == ("States.Runtime", where("A", 2) + cause)


async def test_an_intrinsic_function_may_make_them(calls: Calls) -> None:
    fail = {"Type": "Fail", "ErrorPath": "$.text", "CausePath": "States.Format('{}!', $.text)"}
    ended = await calls.run({"StartAt": "A", "States": {"A": fail}}, INPUT)
    assert (ended["error"], ended["cause"]) == ("why", "why!")
