"""The engine knows when nobody waits for its answer any more."""

import asyncio
import json

import pytest

from tests.engine.engine_fixture import (
    Calls,
    one_state,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_worker_that_went_away_takes_no_task_with_it(calls: Calls) -> None:
    activity = (await calls.sfn.create_activity(name="forsaken"))["activityArn"]
    polls = [
        asyncio.create_task(calls.sfn.get_activity_task(activityArn=activity)) for _ in range(5)
    ]
    await asyncio.wait(polls, timeout=0.3)
    for poll in polls:
        poll.cancel()
    await asyncio.wait(polls)
    await calls.start(await calls.create(one_state(Type="Task", Resource=activity)), {"n": 1})
    task = await asyncio.wait_for(calls.sfn.get_activity_task(activityArn=activity), 5)
    assert json.loads(task["input"]) == {"n": 1}
