import asyncio
import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, one_state
from tests.engine.step_functions.test_tasks import waiting_task

from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("told", "given"),
    [
        ({}, {"Error": None, "Cause": None}),
        ({"error": "Broken", "cause": "so"}, {"Error": "Broken", "Cause": "so"}),
    ],
)
async def test_a_catch_gets_what_a_task_was_told_to_fail_with(
    calls: Calls, told: Any, given: Any
) -> None:
    branch = {"StartAt": "W", "States": {"W": waiting_task()["States"]["A"]}}
    around = one_state(Type="Parallel", Branches=[branch])
    started = [
        await calls.start(await calls.create(caught(one, "States.ALL")))
        for one in (waiting_task(), around)
    ]
    for arn in started:
        await calls.sfn.send_task_failure(taskToken=await calls.task_token(arn), **told)
    ended = await asyncio.gather(*map(calls.ended, started))
    assert [json.loads(one["output"]) for one in ended] == [given, given]
