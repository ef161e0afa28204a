import asyncio
import json
from itertools import pairwise

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state, types

from .test_executions_start import PASS, WAIT, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

THREE = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Task", "Resource": FUNCTION + "echo", "Next": "C"},
        "C": {"Type": "Succeed"},
    },
}


async def test_a_history_comes_page_by_page_in_both_directions(calls: Calls) -> None:
    arn = (await calls.run(THREE))["executionArn"]
    whole = await calls.history(arn)
    small = {"PageSize": 2}
    assert await calls.history(arn, PaginationConfig=small) == whole
    assert await calls.history(arn, PaginationConfig=small, reverseOrder=True) == whole[::-1]


async def test_events_are_numbered_without_a_gap_and_chained(calls: Calls) -> None:
    arn = (await calls.run(THREE))["executionArn"]
    events = await calls.history(arn)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [event["previousEventId"] for event in events] == [0, 0, *range(2, len(events))]
    assert all(a["timestamp"] <= b["timestamp"] for a, b in pairwise(events))


async def test_a_page_token_of_another_question_is_refused(calls: Calls) -> None:
    arn = (await calls.run(THREE))["executionArn"]
    page = await calls.sfn.get_execution_history(executionArn=arn, maxResults=1)
    for asked in (
        {"nextToken": "made-up"},
        {"nextToken": page["nextToken"], "reverseOrder": True},
        {"nextToken": page["nextToken"][:-4] + "AAAA"},
    ):
        reading = calls.sfn.get_execution_history(executionArn=arn, **asked)
        assert (await refusal(reading))[0] == "InvalidToken"


async def test_payloads_can_be_left_out(calls: Calls) -> None:
    arn = (await calls.run(THREE, {"secret": 1}))["executionArn"]
    assert "secret" in json.dumps(await calls.history(arn), default=str)
    bare = await calls.history(arn, includeExecutionData=False)
    assert "secret" not in json.dumps(bare, default=str)
    assert bare[1]["stateEnteredEventDetails"] == {"name": "A"}


async def test_more_than_a_thousand_events_cannot_be_asked_for(calls: Calls) -> None:
    arn = (await calls.run(PASS))["executionArn"]
    reading = calls.sfn.get_execution_history(executionArn=arn, maxResults=1001)
    assert (await refusal(reading))[0] == "ValidationException"


async def test_reads_of_a_running_execution_only_ever_add_events(calls: Calls) -> None:
    items = one_state(
        Type="Map",
        ItemsPath="$.items",
        ItemProcessor=one_state(Type="Task", Resource=FUNCTION + "echo-async"),
    )
    machine = await calls.create(items)
    arns = [await calls.start(machine, {"items": list(range(20))}) for _ in range(3)]

    async def watch(arn: str) -> None:
        seen: list[dict[str, object]] = []
        while "ExecutionSucceeded" not in types(seen):
            events = await calls.history(arn)
            assert events[: len(seen)] == seen
            assert [event["id"] for event in events] == list(range(1, len(events) + 1))
            seen = events

    async with asyncio.timeout(20):
        await asyncio.gather(*(watch(arn) for arn in arns))


async def test_the_status_is_terminal_exactly_when_the_history_has_its_end(calls: Calls) -> None:
    arn = await calls.start(await calls.create(THREE))
    await calls.ended(arn)
    assert types(await calls.history(arn))[-1] == "ExecutionSucceeded"


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


async def test_state_machines_are_listed_by_pages(calls: Calls) -> None:
    created = {await calls.create(PASS), await calls.create(PASS, type="EXPRESS")}
    pages = calls.sfn.get_paginator("list_state_machines")
    asking = pages.paginate(PaginationConfig={"PageSize": 3})
    listed = [item async for page in asking for item in page["stateMachines"]]
    arns = [item["stateMachineArn"] for item in listed]
    assert created < set(arns)
    assert len(arns) == len(set(arns))
    assert {item["type"] for item in listed} == {"STANDARD", "EXPRESS"}


async def test_the_executions_of_a_deleted_machine_are_gone(calls: Calls) -> None:
    machine = await calls.create(PASS)
    arn = await calls.start(machine)
    await calls.ended(arn)
    await calls.sfn.delete_state_machine(stateMachineArn=machine)
    for reading in (
        calls.sfn.describe_execution(executionArn=arn),
        calls.sfn.get_execution_history(executionArn=arn),
    ):
        assert (await refusal(reading))[0] == "ExecutionDoesNotExist"


async def test_what_the_engine_does_not_do_is_said(calls: Calls) -> None:
    machine = await calls.create(PASS)
    for call in (
        calls.sfn.list_state_machine_versions(stateMachineArn=machine),
        calls.sfn.publish_state_machine_version(stateMachineArn=machine),
        calls.sfn.validate_state_machine_definition(definition=json.dumps(PASS)),
    ):
        code, message = await refusal(call)
        assert code == "NotImplementedException"
        assert "embedded engine doesn't serve" in message
