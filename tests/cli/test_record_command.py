"""`handrail record`: a case of an execution that was."""

import json
from pathlib import Path
from typing import Any

import pytest

from handrail.core.history.events import event_document
from handrail.core.stand_ins.case_file import CaseFile
from tests.client.fake_service import FakeService
from tests.core.histories import History

from .commands import handrail
from .conftest import Serving

EXECUTION = "order:1"
MACHINE = (200, {"definition": {"StartAt": "A", "States": {}}})


def failing(*, cut: bool = False) -> History:
    history = History(input='{"n": 1.0}')
    last = history.write("TaskStateEntered", 0, {"name": "Ship", "input": "{}"})
    last = history.write("TaskScheduled", last, {"resource": "invoke", "resourceType": "lambda"})
    answer = {"output": '{"a', "outputDetails": {"truncated": True}}
    failure = {"error": "Late", "cause": "snow"}
    last = history.write("TaskSucceeded" if cut else "TaskFailed", last, answer if cut else failure)
    history.write("ExecutionFailed", last, failure)
    return history


def page(history: History) -> tuple[int, dict[str, Any]]:
    events = [event_document(event) for event in history.events]
    return 200, {"events": events, "cursor": "1:9", "complete": True}


async def test_a_case_is_written_to_a_file(serving: Serving, tmp_path: Path) -> None:
    service = FakeService(answers=[page(failing()), MACHINE])
    file = tmp_path / "cases" / "late.json"
    result = await handrail("record", EXECUTION, "-o", str(file), url=await serving(service))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    case = CaseFile.read(json.loads(file.read_text(encoding="utf-8")))
    assert '"n": 1.0' in file.read_text(encoding="utf-8")
    assert (case.expect.status, case.expect.error, case.expect.cause) == ("FAILED", "Late", "snow")
    assert case.expect.entered == ["Ship"]


async def test_without_a_file_it_is_printed_and_notes_go_to_stderr(serving: Serving) -> None:
    service = FakeService(answers=[page(failing(cut=True)), (404, {"code": "gone"})])
    result = await handrail("record", EXECUTION, url=await serving(service))
    assert result.exit_code == 0
    case = CaseFile.read(json.loads(result.stdout))
    notes = [f"note: {note}" for note in case.notes]
    assert result.stderr.splitlines() == notes
    assert "note: What Ship answered is cut short in the history." in notes
    assert any("definition couldn't be read" in note for note in notes)


async def test_the_children_of_a_map_run_are_read(serving: Serving) -> None:
    parent = History()
    last = parent.write("MapStateEntered", 0, {"name": "M", "input": "[]"})
    last = parent.write("MapRunStarted", last, {"mapRunArn": "arn"})
    parent.write("ExecutionSucceeded", last, {"output": "[]"})
    items = [
        {"execution": "order/M:second", "started_at": "2026-01-01T00:00:02.000Z"},
        {"execution": "order/M:first", "started_at": "2026-01-01T00:00:01.000Z"},
        {"execution": None, "started_at": "2026-01-01T00:00:00.000Z"},
    ]
    listed = (200, {"items": items, "next_page": None})
    service = FakeService(answers=[page(parent), listed, page(failing()), page(failing()), MACHINE])
    result = await handrail("record", EXECUTION, url=await serving(service))
    failure = {"raise": {"error": "Late", "cause": "snow"}}
    assert json.loads(result.stdout)["stand_ins"] == {"Ship": [failure, failure]}
    paths = [path.partition("?")[0] for _, path, _, _ in service.requests]
    assert paths[2:4] == [
        "/v1/executions/order/M:first/events",
        "/v1/executions/order/M:second/events",
    ]


async def test_what_has_not_ended_is_not_recorded(serving: Serving) -> None:
    service = FakeService(answers=[page(History()), MACHINE])
    result = await handrail("record", EXECUTION, url=await serving(service))
    assert result.exit_code == 2
    assert "hasn't ended" in result.stderr


@pytest.mark.parametrize("name", [EXECUTION, "@latest"])
async def test_aws_is_asked_by_an_arn(name: str) -> None:
    result = await handrail("record", "--aws", name)
    assert (result.exit_code, "the execution is an ARN" in result.stderr) == (2, True)
