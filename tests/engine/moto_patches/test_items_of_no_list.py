"""Maps over what is no list."""

import pytest

from tests.engine.engine_fixture import Calls, one_state

from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("$.object", 'Reference path "$.object" must point to array.'),
        ("$.nope", "The JSONPath '$.nope' specified for the field 'ItemsPath' could not be found"),
    ],
)
async def test_a_map_s_items_are_a_list(calls: Calls, path: str, cause: str) -> None:
    state = one_state(Type="Map", ItemsPath=path, ItemProcessor=one_state("Item", Type="Pass"))
    ended = await calls.run(state, {"object": {}})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert ended["cause"].startswith(where("A", 2) + cause)
