import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls

from .task_runs import failures, outputs, task

pytestmark = pytest.mark.asyncio(loop_scope="session")


def put(*details: Any) -> Any:
    entries = [{"Detail": detail, "DetailType": "x", "Source": "s"} for detail in details]
    return task("events:putEvents", {"Entries": entries})


async def test_a_detail_that_is_no_object_fails_the_entry(calls: Calls) -> None:
    failed = await failures(calls, put({"a": 1}, '"a text"'), put("[1]"), put("no JSON"))
    assert {error for error, _ in failed} == {"EventBridge.FailedEntry"}
    answer = json.loads(failed[0][1])
    malformed = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    assert answer["FailedEntryCount"] == 1
    assert list(answer["Entries"][0]) == ["EventId"]
    assert answer["Entries"][1] == malformed


async def test_an_object_or_its_text_is_put(calls: Calls) -> None:
    [answer] = await outputs(calls, put({"a": 1}, '{"a": 1}'))
    assert answer["FailedEntryCount"] == 0
