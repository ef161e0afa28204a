"""`handrail machines` and `handrail list`."""

import json

import pytest

from tests.client.fake_service import FakeService

from .commands import handrail
from .conftest import Serving


def listed(*names: str, **more: object) -> tuple[int, dict[str, object]]:
    started = "2026-11-22T07:40:49.620Z"
    times = {"started_at": started, "stopped_at": "2026-11-22T07:40:52.820Z"}
    executions = [{"execution": name, "status": "FAILED", **times} for name in names]
    return 200, {"executions": executions, "next_page": None, **more}


async def test_machines_are_listed_and_what_is_left_out_is_told_aside(serving: Serving) -> None:
    problem = {"folder": "state_machines/b", "name": "b", "state": "S", "reason": "no\nEnd."}
    service = FakeService(problems=[problem])
    url = await serving(service)
    result = await handrail("machines", url=url)
    assert (result.exit_code, result.stdout) == (0, "order  STANDARD\n")
    assert result.stderr == "state_machines/b is left out: S: no End.\n"
    result = await handrail("machines", "--json", url=url)
    assert json.loads(result.stdout)["name"] == "order"


async def test_executions_are_listed_one_a_line(serving: Serving) -> None:
    service = FakeService(answers=[listed("order:1", "order:支払い")])
    result = await handrail("list", "order", "--status", "failed", url=await serving(service))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "order:1       FAILED  2026-11-22T07:40:49.620Z  3.2 s",
        "order:支払い  FAILED  2026-11-22T07:40:49.620Z  3.2 s",
    ]
    assert service.asked == [{"state_machine": "order", "status": "FAILED", "limit": "21"}]


async def test_more_than_the_limit_is_said(serving: Serving) -> None:
    service = FakeService(answers=[listed("order:1", "order:2", "order:3")])
    url = await serving(service)
    result = await handrail("list", "--limit", "2", url=url)
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == "There are more: --limit 4 shows twice as many.\n"
    result = await handrail("list", "--limit", "2", "--json", url=url)
    executions = [json.loads(line)["execution"] for line in result.stdout.splitlines()]
    assert executions == ["order:1", "order:2"]


async def test_none_is_said_aside(serving: Serving) -> None:
    result = await handrail("list", url=await serving(FakeService(answers=[listed()])))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "There is none.\n")


async def test_what_could_not_be_listed_is_said(serving: Serving) -> None:
    unlisted = [{"state_machine": "slow", "code": "throttled", "detail": "AWS is throttling."}]
    service = FakeService(answers=[listed("order:1", unlisted=unlisted)])
    result = await handrail("list", url=await serving(service))
    assert result.stdout.startswith("order:1  FAILED")
    assert result.stderr == "Not listed: slow (AWS is throttling.)\n"


async def test_an_older_service_lists_one_machine_at_a_time(serving: Serving) -> None:
    errors = [{"path": "state_machine", "message": "Field required"}]
    service = FakeService(answers=[(422, {"detail": "Bad query.", "errors": errors})])
    url = await serving(service)
    result = await handrail("list", url=url)
    assert result.exit_code == 2
    assert result.stderr.endswith("lists one state machine at a time: name it.\n")
    result = await handrail("list", "order", url=url)
    assert result.stderr.startswith("Error: Bad query.")


@pytest.mark.parametrize("args", [["--status", "DONE"], ["--limit", "0"], ["a", "b"]])
async def test_what_can_not_be_asked_for_is_usage(args: list[str]) -> None:
    result = await handrail("list", *args)
    assert (result.exit_code, result.stderr.startswith("Usage: ")) == (2, True)
