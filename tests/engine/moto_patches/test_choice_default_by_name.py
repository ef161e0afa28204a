"""A rule and the default that lead to the same state."""

import pytest

from tests.engine.engine_fixture import Calls
from tests.engine.jsonata_machines import run, states

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(("condition", "way"), [(True, "rule"), (False, "default")])
async def test_the_way_taken_assigns(calls: Calls, condition: bool, way: str) -> None:
    choice = {
        "Type": "Choice",
        "Choices": [
            {
                "Condition": "{% $states.input.condition %}",
                "Assign": {"way": "rule"},
                "Output": ["rule"],
                "Next": "Seen",
            }
        ],
        "Default": "Seen",
        "Assign": {"way": "default"},
        "Output": ["default"],
    }
    seen = {"Type": "Pass", "Output": ["{% $way %}", "{% $states.input[0] %}"], "End": True}
    ended = await run(calls, states(Choose=choice, Seen=seen), {"condition": condition})
    assert ended.output == [way, way]
