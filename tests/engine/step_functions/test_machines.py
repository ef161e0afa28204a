"""State machines are created, listed and refused as on AWS."""

import json

import pytest

from handrail.engine.errors import AwsError
from handrail.engine.step_functions.account import AccountRegion
from handrail.engine.step_functions.machines import check_create
from tests.engine.engine_fixture import (
    PASS,
    WAIT,
    Calls,
    Definition,
    one_state,
    refusal,
)

on_the_engine = pytest.mark.asyncio(loop_scope="session")


@on_the_engine
async def test_an_express_machine_cannot_wait_for_a_token(calls: Calls) -> None:
    waiting = one_state(
        Type="Task", Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters={}
    )
    assert (await refusal(calls.create(waiting, type="EXPRESS")))[0] == "InvalidDefinition"


@on_the_engine
@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ("{", "INVALID_JSON_DESCRIPTION"),
        ("{}", "SCHEMA_VALIDATION_FAILED"),
        (
            '{"StartAt": "A", "States": {"A": {"Type": "Nap", "End": true}}}',
            "SCHEMA_VALIDATION_FAILED",
        ),
    ],
)
async def test_a_definition_that_is_none_is_refused(
    calls: Calls, definition: str, problem: str
) -> None:
    creating = calls.sfn.create_state_machine(
        name="none", definition=definition, roleArn="arn:aws:iam::123456789012:role/engine"
    )
    code, message = await refusal(creating)
    assert (code, problem in message) == ("InvalidDefinition", True)


@on_the_engine
async def test_a_machine_is_created_once_and_not_replaced_by_another(calls: Calls) -> None:
    one = {"name": "taken", "roleArn": "arn:aws:iam::123456789012:role/engine"}
    first = await calls.sfn.create_state_machine(definition=json.dumps(PASS), **one)
    again = await calls.sfn.create_state_machine(definition=json.dumps(PASS, indent=2), **one)
    assert first["stateMachineArn"] == again["stateMachineArn"]
    other = calls.sfn.create_state_machine(definition=json.dumps(WAIT), **one)
    assert (await refusal(other))[0] == "StateMachineAlreadyExists"


@on_the_engine
async def test_state_machines_are_listed_by_pages(calls: Calls) -> None:
    created = {await calls.create(PASS), await calls.create(PASS, type="EXPRESS")}
    pages = calls.sfn.get_paginator("list_state_machines")
    asking = pages.paginate(PaginationConfig={"PageSize": 3})
    listed = [item async for page in asking for item in page["stateMachines"]]
    arns = [item["stateMachineArn"] for item in listed]
    assert created < set(arns)
    assert len(arns) == len(set(arns))
    assert {item["type"] for item in listed} == {"STANDARD", "EXPRESS"}


@on_the_engine
@pytest.mark.parametrize(
    ("definition", "where"),
    [
        ({"StartAt": "Q", "States": {"A": {"Type": "Succeed"}}}, "/StartAt"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Q"}}}, "/States/A/Next"),
    ],
)
async def test_a_transition_to_nowhere_is_refused(
    calls: Calls, definition: Definition, where: str
) -> None:
    code, message = await refusal(calls.create(definition))
    assert code == "InvalidDefinition"
    assert "MISSING_TRANSITION_TARGET" in message
    assert f"Missing 'Next' target: Q at {where}" in message


def test_a_definition_has_1048576_characters_at_most() -> None:
    account = AccountRegion(backend=None, region="us-east-1", id="123456789012")
    with pytest.raises(AwsError) as refused:
        check_create(account, {"name": "long", "definition": "x" * 1_048_577})
    assert refused.value.type == "ValidationException"
