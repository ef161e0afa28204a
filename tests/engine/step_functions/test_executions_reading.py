import pytest

from tests.engine.engine_fixture import WAIT, Calls

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
