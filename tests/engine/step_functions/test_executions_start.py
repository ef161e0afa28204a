import asyncio
import json

import pytest

from tests.engine.engine_fixture import FUNCTION, PASS, WAIT, Calls, one_state, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


async def test_the_input_is_kept_as_the_text_it_was(calls: Calls) -> None:
    machine = await calls.create(PASS)
    text = '{ "b": 1.0,\n "a": "é" }'
    started = await calls.sfn.start_execution(stateMachineArn=machine, input=text)
    assert (await calls.ended(started["executionArn"]))["input"] == text
    history = await calls.history(started["executionArn"])
    assert history[0]["executionStartedEventDetails"]["input"] == text


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
