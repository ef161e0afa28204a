"""Conditions that are no boolean."""

import pytest

from tests.engine.engine_fixture import Calls

from .test_choices_without_a_match import choice
from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_condition_is_a_boolean(calls: Calls) -> None:
    definition = {"QueryLanguage": "JSONata"} | choice({"Condition": "{% 'yes' %}"})
    ended = await calls.run(definition)
    assert ended["error"] == "States.QueryEvaluationError"
    assert ended["cause"] == where("A", 2) + (
        "The JSONata expression ''yes'' specified for the field 'Choices[0]/Condition' returned"
        " an unexpected result type. Expected 'boolean', but was 'string' for value: \"yes\""
    )
