import asyncio
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.engine.engine_fixture import FUNCTION, Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAIT = one_state(Type="Wait", Seconds=600)
PASS = one_state(Type="Pass")


async def refusal(call: Any) -> tuple[str, str]:
    """The error's code and message."""
    with pytest.raises(ClientError) as caught:
        await call
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


async def test_an_execution_without_a_name_gets_one_of_its_own(calls: Calls) -> None:
    machine = await calls.create(PASS)
    first, second = await calls.start(machine), await calls.start(machine)
    assert first != second
    assert first.startswith(machine.replace("stateMachine", "execution") + ":")


async def test_the_start_date_is_the_same_wherever_it_is_shown(calls: Calls) -> None:
    machine = await calls.create(PASS)
    started = await calls.sfn.start_execution(stateMachineArn=machine)
    described = await calls.ended(started["executionArn"])
    history = await calls.history(started["executionArn"])
    assert started["startDate"] == described["startDate"] == history[0]["timestamp"]
    assert history[-1]["timestamp"] == described["stopDate"]
    assert started["startDate"].microsecond % 1000 == 0


async def test_a_repeated_start_of_a_running_execution_is_the_same_execution(calls: Calls) -> None:
    machine = await calls.create(WAIT)
    start = {"stateMachineArn": machine, "name": "once", "input": '{"a":1}'}
    first = await calls.sfn.start_execution(**start)
    again = await calls.sfn.start_execution(**start)
    assert (again["executionArn"], again["startDate"]) == (
        first["executionArn"],
        first["startDate"],
    )
    other = calls.sfn.start_execution(**start | {"input": '{"a":2}'})
    assert (await refusal(other))[0] == "ExecutionAlreadyExists"


async def test_the_name_of_an_ended_execution_is_taken(calls: Calls) -> None:
    machine = await calls.create(PASS)
    await calls.ended(await calls.start(machine, name="once"))
    again = calls.sfn.start_execution(stateMachineArn=machine, name="once")
    assert (await refusal(again))[0] == "ExecutionAlreadyExists"


@pytest.mark.parametrize("name", ["a b", "a/b", "a:b", 'a"b', "x" * 81, "tab\t"])
async def test_names_aws_refuses_are_refused(calls: Calls, name: str) -> None:
    machine = await calls.create(PASS)
    start = calls.sfn.start_execution(stateMachineArn=machine, name=name)
    assert (await refusal(start))[0] == "InvalidName"


async def test_a_name_may_have_80_characters(calls: Calls) -> None:
    machine = await calls.create(PASS)
    assert (await calls.start(machine, name="x" * 80)).endswith(":" + "x" * 80)


@pytest.mark.parametrize("text", ["{", '{"a": NaN}', "[-Infinity]"])
async def test_an_input_that_is_no_json_is_refused(calls: Calls, text: str) -> None:
    machine = await calls.create(PASS)
    start = calls.sfn.start_execution(stateMachineArn=machine, input=text)
    assert (await refusal(start))[0] == "InvalidExecutionInput"


async def test_an_input_has_262144_bytes_at_most(calls: Calls) -> None:
    machine = await calls.create(PASS)
    most = json.dumps("é" * 131_071, ensure_ascii=False)
    assert len(most.encode()) == 262_144
    await calls.sfn.start_execution(stateMachineArn=machine, input=most)
    more = calls.sfn.start_execution(stateMachineArn=machine, input=most + " ")
    assert (await refusal(more))[0] == "ValidationException"


async def test_the_input_is_kept_as_the_text_it_was(calls: Calls) -> None:
    machine = await calls.create(PASS)
    text = '{ "b": 1.0,\n "a": "é" }'
    started = await calls.sfn.start_execution(stateMachineArn=machine, input=text)
    assert (await calls.ended(started["executionArn"]))["input"] == text
    history = await calls.history(started["executionArn"])
    assert history[0]["executionStartedEventDetails"]["input"] == text


async def test_a_machine_that_does_not_exist_cannot_be_started(calls: Calls) -> None:
    missing = (await calls.create(PASS)) + "-not"
    assert (await refusal(calls.sfn.start_execution(stateMachineArn=missing)))[0] == (
        "StateMachineDoesNotExist"
    )


async def test_versions_and_aliases_are_refused_rather_than_guessed(calls: Calls) -> None:
    version = (await calls.create(PASS)) + ":1"
    code, message = await refusal(calls.sfn.start_execution(stateMachineArn=version))
    assert code == "NotImplementedException"
    assert "versions and aliases" in message


async def test_an_express_execution_has_an_express_arn_and_nothing_can_be_asked_of_it(
    calls: Calls,
) -> None:
    machine = await calls.create(PASS, type="EXPRESS")
    arn = await calls.start(machine, name="quick")
    prefix, run = arn.rsplit(":", 1)
    assert prefix == machine.replace("stateMachine", "express") + ":quick"
    assert len(run) == 36
    for operation in ("describe_execution", "get_execution_history", "stop_execution"):
        assert (await refusal(getattr(calls.sfn, operation)(executionArn=arn)))[0] == "InvalidArn"
    listing = calls.sfn.list_executions(stateMachineArn=machine)
    assert (await refusal(listing))[0] == "StateMachineTypeNotSupported"


async def test_a_synchronous_start_answers_the_output(calls: Calls) -> None:
    machine = await calls.create(one_state(Type="Task", Resource=FUNCTION + "echo"), type="EXPRESS")
    answer = await calls.sfn.start_sync_execution(stateMachineArn=machine, input='{"a":1}')
    assert answer["status"] == "SUCCEEDED"
    assert json.loads(answer["output"]) == {"a": 1}
    assert answer["billingDetails"]["billedDurationInMilliseconds"] % 100 == 0
    assert answer["startDate"] <= answer["stopDate"]


async def test_a_synchronous_start_answers_200_for_a_failure_too(calls: Calls) -> None:
    machine = await calls.create(one_state(Type="Task", Resource=FUNCTION + "fail"), type="EXPRESS")
    answer = await calls.sfn.start_sync_execution(stateMachineArn=machine, input='{"what":"now"}')
    assert (answer["status"], answer["error"]) == ("FAILED", "Refused")
    assert json.loads(answer["cause"])["errorMessage"] == "not now"
    assert "output" not in answer


async def test_a_synchronous_start_answers_a_timeout(calls: Calls) -> None:
    machine = await calls.create(WAIT | {"TimeoutSeconds": 1}, type="EXPRESS")
    answer = await calls.sfn.start_sync_execution(stateMachineArn=machine)
    assert answer["status"] == "TIMED_OUT"


async def test_a_standard_machine_cannot_be_started_synchronously(calls: Calls) -> None:
    machine = await calls.create(PASS)
    start = calls.sfn.start_sync_execution(stateMachineArn=machine)
    assert (await refusal(start))[0] == "StateMachineTypeNotSupported"


async def test_an_express_machine_cannot_wait_for_a_token(calls: Calls) -> None:
    waiting = one_state(
        Type="Task", Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters={}
    )
    assert (await refusal(calls.create(waiting, type="EXPRESS")))[0] == "InvalidDefinition"


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


async def test_a_machine_is_created_once_and_not_replaced_by_another(calls: Calls) -> None:
    one = {"name": "taken", "roleArn": "arn:aws:iam::123456789012:role/engine"}
    first = await calls.sfn.create_state_machine(definition=json.dumps(PASS), **one)
    again = await calls.sfn.create_state_machine(definition=json.dumps(PASS, indent=2), **one)
    assert first["stateMachineArn"] == again["stateMachineArn"]
    other = calls.sfn.create_state_machine(definition=json.dumps(WAIT), **one)
    assert (await refusal(other))[0] == "StateMachineAlreadyExists"


async def test_a_running_execution_keeps_the_definition_it_was_started_with(calls: Calls) -> None:
    machine = await calls.create(WAIT)
    arn = await calls.start(machine)
    await calls.sfn.update_state_machine(stateMachineArn=machine, definition=json.dumps(PASS))
    kept = await calls.sfn.describe_state_machine_for_execution(executionArn=arn)
    now = await calls.sfn.describe_state_machine(stateMachineArn=machine)
    assert json.loads(kept["definition"]) == WAIT
    assert json.loads(now["definition"]) == PASS


async def test_a_hundred_executions_run_at_once(calls: Calls) -> None:
    machine = await calls.create(one_state(Type="Task", Resource=FUNCTION + "echo"))
    arns = await asyncio.gather(*(calls.start(machine, {"n": n}) for n in range(100)))
    ended = await asyncio.gather(*(calls.ended(arn) for arn in arns))
    assert [json.loads(each["output"])["n"] for each in ended] == list(range(100))
