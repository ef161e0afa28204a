import pytest

from tests.engine.engine_fixture import Calls, one_state


@pytest.mark.asyncio(loop_scope="session")
async def test_an_output_is_written_without_white_space_and_escapes(calls: Calls) -> None:
    ended = await calls.run(one_state(Type="Pass", Result={"a": [1, 2], "b": "ü"}))
    assert ended["output"] == '{"a":[1,2],"b":"ü"}'
