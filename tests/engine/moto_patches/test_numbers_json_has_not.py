"""NaN and the infinities."""

import pytest

from tests.engine.engine_fixture import Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("text", ["States.StringToJson('NaN')", "States.StringToJson('[1e999]')"])
async def test_a_number_json_has_not_fails_the_state(calls: Calls, text: str) -> None:
    ended = await calls.run(one_state(Type="Pass", Parameters={"n.$": text}))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "JSON" in ended["cause"]
