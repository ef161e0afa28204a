"""A Map's ProcessorConfig that says nothing."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_mode_is_inline_where_nothing_is_said(calls: Calls) -> None:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    each = one_state(Type="Map", ItemProcessor={"ProcessorConfig": {}, **inner})
    assert json.loads((await calls.run(each, [1, 2]))["output"]) == [1, 2]


async def test_a_payload_keeps_its_own(calls: Calls) -> None:
    given: Any = {"ItemProcessor": {"ProcessorConfig": {}}}
    assert json.loads((await calls.run(one_state(Type="Pass", Result=given)))["output"]) == given
