"""Errors of one's own under `States.` are caught by their names."""

import pytest

from tests.engine.engine_fixture import Calls, Definition, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_quorum_is_caught_by_its_name(calls: Calls) -> None:
    met = {"StartAt": "Met", "States": {"Met": {"Type": "Fail", "Error": "States.QuorumMet"}}}
    catch = [
        {"ErrorEquals": ["States.RanOutOfTime"], "Next": "Late"},
        {"ErrorEquals": ["States.QuorumMet"], "Next": "Done"},
    ]
    wait: Definition = {"Type": "Parallel", "Branches": [met], "Catch": catch, "Next": "Done"}
    ends = one_state("Done", Type="Pass", Result="met")
    late = one_state("Late", Type="Pass", Result="late")
    states = {"Wait": wait, **ends["States"], **late["States"]}

    ended = await calls.run({"StartAt": "Wait", "States": states})

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", '"met"')
