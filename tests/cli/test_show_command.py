"""`handrail show`: an execution, and one of its states."""

import json
from typing import Any

from tests.client.fake_service import EXECUTION, FakeService, snapshot, state

from .commands import handrail
from .conftest import Serving

VISIT = {
    "state": "Ship",
    "type": "Task",
    "status": "SUCCEEDED",
    "entered_at": "2026-11-22T07:40:49.620Z",
    "exited_at": "2026-11-22T07:40:52.820Z",
    "input": {"a": 1},
    "output": None,
    "error": None,
    "cause": None,
    "attempts": 2,
    "event_ids": [3, 4],
    "within": [{"state": "Each", "type": "Map", "index": 4}],
}
ITEM = {
    "index": 4,
    "name": None,
    "status": "FAILED",
    "started_at": "2026-11-22T07:40:49.620Z",
    "stopped_at": "2026-11-22T07:40:50.620Z",
    "error": "E",
    "cause": "c",
    "execution": None,
}


def paged(member: str, *found: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, {member: [*found], "next_page": None}


async def test_a_snapshot_is_shown_for_a_person_or_whole(serving: Serving) -> None:
    shown = snapshot(state("Charge", "SUCCEEDED"), status="FAILED")
    url = await serving(FakeService(snapshots=[shown]))
    result = await handrail("show", EXECUTION, url=url)
    assert result.exit_code == 0, "a failed execution is shown all the same"
    assert result.stdout.startswith(f"{EXECUTION}  FAILED  ")
    assert "  Charge  Task  SUCCEEDED" in result.stdout
    result = await handrail("show", EXECUTION, "--json", url=url)
    assert json.loads(result.stdout) == shown


async def test_a_state_s_visits_are_shown(serving: Serving) -> None:
    service = FakeService(answers=[paged("visits", VISIT)])
    url = await serving(service)
    result = await handrail("show", EXECUTION, "Ship", url=url)
    assert result.stdout.splitlines() == [
        "2026-11-22T07:40:49.620Z  SUCCEEDED  3.2 s  2 attempts  in Each[4]",
        "  input     {",
        '              "a": 1',
        "            }",
    ]
    assert service.asked == [{"state": "Ship"}]
    result = await handrail("show", EXECUTION, "Ship", "--json", url=url)
    assert json.loads(result.stdout) == VISIT


async def test_a_map_shows_its_items_too(serving: Serving) -> None:
    visit = {**VISIT, "type": "Map", "attempts": 1, "within": []}
    service = FakeService(answers=[paged("visits", visit), paged("items", ITEM)])
    result = await handrail("show", EXECUTION, "Each", url=await serving(service))
    assert result.stdout.splitlines()[-1] == "  4  FAILED  2026-11-22T07:40:49.620Z  1.0 s  E: c"
    assert [path.rpartition("/")[2] for _, path, __, ___ in service.requests] == ["visits", "items"]


async def test_a_map_s_visits_are_shown_where_its_items_cant_be_listed(serving: Serving) -> None:
    visit = {**VISIT, "type": "Map", "attempts": 1, "within": []}
    refusal = {"code": "unsupported_by_endpoint", "detail": "No children.", "retryable": False}
    service = FakeService(answers=[paged("visits", visit), (501, refusal)])
    result = await handrail("show", EXECUTION, "Each", url=await serving(service))
    assert (result.exit_code, result.stderr) == (0, "No children.\n")
    assert result.stdout.startswith("2026-11-22T07:40:49.620Z  SUCCEEDED")


async def test_a_state_that_was_not_entered_names_those_that_were(serving: Serving) -> None:
    service = FakeService(answers=[paged("visits")], snapshots=[snapshot(state("Ship", "RUNNING"))])
    result = await handrail("show", EXECUTION, "Shop", url=await serving(service))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Shop has not been entered. Entered so far: Ship.\n"


async def test_an_older_service_says_what_it_lacks(serving: Serving) -> None:
    service = FakeService(answers=[(404, {"detail": "No such URL.", "code": "not_found"})])
    result = await handrail("show", EXECUTION, "Ship", url=await serving(service))
    assert (result.exit_code, result.stderr) == (
        2,
        "Error: This service is older and doesn't tell a state's visits.\n",
    )


async def test_an_execution_that_is_none_is_told_as_the_service_says_it(serving: Serving) -> None:
    problem = {"detail": "There is no such execution.", "code": "execution_not_found"}
    service = FakeService(answers=[(404, problem)])
    result = await handrail("show", EXECUTION, "Ship", url=await serving(service))
    assert (result.exit_code, result.stderr) == (2, "Error: There is no such execution.\n")
