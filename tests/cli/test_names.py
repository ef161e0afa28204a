"""Names that the service knows: `@latest`, and what a shell completes."""

import asyncio
from typing import Any

import pytest
from click.shell_completion import ShellComplete

from handrail.cli import main
from handrail.cli.names import latest
from handrail.client import Client
from tests.client.fake_service import EXECUTION, FakeService, snapshot, state

from .commands import handrail
from .conftest import Serving


def listed(*names: str, **more: Any) -> tuple[int, dict[str, Any]]:
    executions = [{"execution": name, "status": "RUNNING", "started_at": "t"} for name in names]
    return 200, {"executions": executions, "next_page": None, **more}


EXPRESS = {"state_machine": "quick", "code": "unsupported_by_type", "detail": "Nothing is kept."}


@pytest.mark.parametrize(
    ("text", "query"),
    [("@latest", {"limit": "1"}), ("order@latest", {"state_machine": "order", "limit": "1"})],
)
async def test_latest_is_the_newest(text: str, query: dict[str, str], serving: Serving) -> None:
    service = FakeService(answers=[listed(EXECUTION, unlisted=[EXPRESS])])
    async with Client(await serving(service)) as client:
        assert await latest(client, text) == EXECUTION
    assert service.asked == [query]


@pytest.mark.parametrize(
    "text", [EXECUTION, "order:a@latest", "arn:aws:states:r:1:execution:m:n", "x"]
)
async def test_any_other_text_is_an_id(text: str, serving: Serving) -> None:
    service = FakeService()
    async with Client(await serving(service)) as client:
        assert await latest(client, text) == text
    assert service.requests == []


COMMANDS = [
    ["watch"],
    ["show"],
    ["show", "--json"],
    ["events"],
    ["stop"],
    ["redrive"],
    ["replay"],
    ["tasks"],
]


@pytest.mark.parametrize("args", COMMANDS)
async def test_where_nothing_ran_yet_latest_is_nothing(args: list[str], serving: Serving) -> None:
    service = FakeService(answers=[listed()])
    result = await handrail(*args, "@latest", url=await serving(service))
    assert (result.exit_code, result.stderr) == (2, "Error: @latest: there is no execution yet.\n")
    assert len(service.requests) == 1


async def test_latest_is_never_guessed(serving: Serving) -> None:
    """One that isn't listed may be newer."""
    slow = {"state_machine": "slow", "code": "throttled", "detail": "AWS is throttling."}
    service = FakeService(answers=[listed(EXECUTION, unlisted=[EXPRESS, slow])])
    result = await handrail("stop", "@latest", url=await serving(service))
    assert result.exit_code == 3
    assert result.stderr == "Error: @latest: Not listed: slow (AWS is throttling.)\n"
    assert len(service.requests) == 1


async def test_a_task_of_the_latest_is_settled_by_its_id(serving: Serving) -> None:
    service = FakeService(answers=[listed(EXECUTION), (200, {})])
    result = await handrail(
        "complete", "@latest", "14", "--output", "1", url=await serving(service)
    )
    assert (result.exit_code, result.stderr) == (0, f"@latest is {EXECUTION}\n")
    assert service.requests[-1][1] == f"/v1/executions/{EXECUTION}/tasks/14/success"


async def completed(url: str, *words: str) -> list[str]:
    *args, incomplete = words
    shell = ShellComplete(main, {}, "handrail", "_HANDRAIL_COMPLETE")
    found = shell.get_completions
    items = await asyncio.to_thread(found, [*args[:1], "--url", url, *args[1:]], incomplete)
    return [item.value for item in items]


async def test_machines_are_completed(serving: Serving) -> None:
    url = await serving(FakeService())
    assert await completed(url, "start", "o") == ["order"]
    assert await completed(url, "list", "x") == []


async def test_executions_are_completed_with_latest_before_them(serving: Serving) -> None:
    service = FakeService(answers=[listed("order:1", "order:2")])
    url = await serving(service)
    assert await completed(url, "watch", "") == ["@latest", "order:1", "order:2"]
    assert await completed(url, "show", "order:2") == ["order:2"]
    assert await completed(url, "stop", "order@") == ["order@latest"]
    assert service.asked == [
        {"limit": "100"},
        {"state_machine": "order", "limit": "100"},
        {"limit": "100"},
    ]


async def test_news_is_completed_by_its_keys(serving: Serving) -> None:
    one = {"key": "a:1:order:1:5", "target": "sns:orders", "kinds": ["failed"]}
    answer = {"dead": [one], "waiting": [{**one, "key": "b:1:order:1:5"}]}
    url = await serving(FakeService(answers=[(200, answer)]))
    shell = ShellComplete(main, {}, "handrail", "_HANDRAIL_COMPLETE")
    found = shell.get_completions
    for incomplete, keys in (("", ["a:1:order:1:5", "b:1:order:1:5"]), ("b", ["b:1:order:1:5"])):
        items = await asyncio.to_thread(found, ["news", "retry", "--url", url], incomplete)
        assert [item.value for item in items] == keys


async def test_states_and_tasks_of_the_named_execution_are_completed(serving: Serving) -> None:
    service = FakeService(
        answers=[(200, {"tasks": [{"event_id": 14, "state": "Approve"}]})],
        snapshots=[snapshot(state("Ship it", "RUNNING"), state("Charge", "RUNNING"))],
    )
    url = await serving(service)
    assert await completed(url, "show", EXECUTION, "S") == ["Ship it"]
    assert await completed(url, "complete", EXECUTION, "") == ["14"]
    assert await completed(url, "link", EXECUTION, "1") == ["14"]


@pytest.mark.parametrize("answer", [(500, {}), (401, {}), (200, {}), (200, {"executions": [{}]})])
async def test_whatever_is_wrong_nothing_is_said(answer: Any, serving: Serving) -> None:
    url = await serving(FakeService(answers=[answer]))
    assert await completed(url, "show", "order:") == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", ""])
async def test_nobody_there_is_found_out_at_once(url: str) -> None:
    assert await completed(url, "start", "") == []


async def test_names_that_would_steer_the_terminal_are_left_out(serving: Serving) -> None:
    service = FakeService(answers=[listed("order:\x1b[2J", "order:1")])
    assert await completed(await serving(service), "show", "order:") == ["order:1"]
