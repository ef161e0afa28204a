import pytest
from botocore.exceptions import ClientError

from tests.engine.engine_fixture import WAIT, Calls

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_children_of_a_map_run_are_not_listed_and_said_not_to_be(calls: Calls) -> None:
    with pytest.raises(ClientError) as raised:
        await calls.sfn.list_executions(mapRunArn="arn:aws:states:us-east-1:1:mapRun:a/b:c")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "Map Run" in raised.value.response["Error"]["Message"]


async def test_executions_are_listed_newest_first_by_pages_and_by_status(calls: Calls) -> None:
    machine = await calls.create(WAIT)
    arns = [await calls.start(machine) for _ in range(5)]
    await calls.sfn.stop_execution(executionArn=arns[2])
    pages = calls.sfn.get_paginator("list_executions")

    async def listed(**asked: str) -> list[str]:
        asking = pages.paginate(stateMachineArn=machine, PaginationConfig={"PageSize": 2}, **asked)
        return [item["executionArn"] async for page in asking for item in page["executions"]]

    assert await listed() == arns[::-1]
    assert await listed(statusFilter="ABORTED") == [arns[2]]
    assert await listed(statusFilter="RUNNING") == [arns[4], arns[3], arns[1], arns[0]]
