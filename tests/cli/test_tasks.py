"""`handrail tasks` and `complete` against a service that only says what it was asked."""

import pytest

from handrail.core.json_text import text_of
from tests.client.fake_service import (
    EXECUTION,
    FakeService,
)

from .commands import handrail
from .conftest import Serving


async def test_tasks_are_listed(serving: Serving) -> None:
    task = {"event_id": 14, "state": "Approve", "resource": "sqs", "scheduled_at": "t"}
    service = FakeService(answers=[(200, {"tasks": [task]})])
    result = await handrail("tasks", EXECUTION, url=await serving(service))
    assert result.stdout == "14  Approve  sqs  t\n"


async def test_a_task_says_what_its_author_asks(serving: Serving) -> None:
    task = {"event_id": 14, "state": "Approve", "title": "Approve \x1b[31m\norder A-1?"}
    service = FakeService(answers=[(200, {"tasks": [task]})])
    result = await handrail("tasks", EXECUTION, url=await serving(service))
    assert result.stdout.startswith("14  Approve  Approve ")
    assert "\x1b" not in result.stdout
    assert result.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "outcome", "body"),
    [
        (["--output", "null"], "success", {"output": None}),
        (["--output", '"ok"'], "success", {"output": "ok"}),
        (["--error", "E"], "failure", {"error": "E"}),
        (["--error", "E", "--cause", "c"], "failure", {"error": "E", "cause": "c"}),
    ],
)
async def test_a_task_is_settled(
    options: list[str], outcome: str, body: dict[str, str | None], serving: Serving
) -> None:
    service = FakeService(answers=[(200, {})])
    result = await handrail("complete", EXECUTION, "14", *options, url=await serving(service))
    _, path, _, sent = service.requests[0]
    assert result.exit_code == 0
    assert path == f"/v1/executions/{EXECUTION}/tasks/14/{outcome}"
    assert sent == body


@pytest.mark.parametrize(
    "options", [["--output", "1", "--error", "E"], [], ["--cause", "c"], ["--output", ""]]
)
async def test_a_task_is_settled_only_by_saying_how(options: list[str], serving: Serving) -> None:
    service = FakeService(answers=[])
    result = await handrail("complete", EXECUTION, "14", *options, url=await serving(service))
    assert result.exit_code == 2
    assert "--output" in result.stderr
    assert service.requests == []


async def test_an_output_is_sent_as_it_was_written(serving: Serving) -> None:
    service = FakeService(answers=[(200, {})])
    output = '{"limit":1250.10}'
    await handrail("complete", EXECUTION, "14", "--output", output, url=await serving(service))
    assert text_of(service.requests[0][3]) == f'{{"output":{output}}}'
