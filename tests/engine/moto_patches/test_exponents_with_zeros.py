"""Numbers with zeros in their exponents."""

import json

import pytest

from tests.engine.engine_fixture import Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_zeros_in_an_exponent_count_for_nothing(calls: Calls) -> None:
    numbers = [1e-07, -2.5e-09, 100, "1e-07", '"1e-07']
    assert "1e-07" in json.dumps(numbers)
    ran = await calls.run(one_state(Type="Pass", Result=numbers))
    assert json.loads(ran["output"]) == numbers
