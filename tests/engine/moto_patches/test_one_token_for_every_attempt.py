import json

import pytest
from botocore.exceptions import ClientError

from tests.engine.engine_fixture import Calls, eventually

from .task_runs import task

pytestmark = pytest.mark.asyncio(loop_scope="session")
RETRY = [{"ErrorEquals": ["Again"], "MaxAttempts": 1, "IntervalSeconds": 1, "MaxDelaySeconds": 1}]


async def tokens(calls: Calls, arn: str) -> list[str]:
    scheduled = (e.get("taskScheduledEventDetails") for e in await calls.history(arn))
    return [json.loads(each["parameters"])["Payload"]["token"] for each in scheduled if each]


async def test_a_retry_waits_by_a_token_of_its_own(calls: Calls) -> None:
    waiting = task(
        "lambda:invoke.waitForTaskToken",
        {"FunctionName": "echo", "Payload": {"token.$": "$$.Task.Token"}},
        Retry=RETRY,
    )
    arn = await calls.start(await calls.create(waiting))
    await calls.reached(arn, "TaskSubmitted")
    [first] = await tokens(calls, arn)
    await calls.sfn.send_task_failure(taskToken=first, error="Again")

    async def second_token() -> str | None:
        submitted = [e for e in await calls.history(arn) if e["type"] == "TaskSubmitted"]
        return (await tokens(calls, arn))[1] if len(submitted) == 2 else None

    second = await eventually(second_token)
    assert second != first
    with pytest.raises(ClientError, match="TaskTimedOut"):
        await calls.sfn.send_task_success(taskToken=first, output='"first"')
    await calls.sfn.send_task_success(taskToken=second, output='"second"')
    assert (await calls.ended(arn))["output"] == '"second"'
