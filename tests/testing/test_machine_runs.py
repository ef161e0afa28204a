"""A test runs a state machine by name, from a file, or one of its own."""

import json
from pathlib import Path

import pytest

from handrail.core.errors import InvalidDefinition, NotFound
from handrail.testing.machine_runs import HandrailEngine
from tests.entrypoints.case_projects import MOCKS, PAID, write_machine

pytestmark = pytest.mark.asyncio(loop_scope="session")
YEAR = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 31_536_000, "End": True}}}


async def test_a_definition_of_the_test_s_own(handrail_engine: HandrailEngine) -> None:
    result = handrail_engine.run(YEAR)
    assert (result.status, result.output, result.states) == ("SUCCEEDED", {}, ("A",))
    waited = result.events[-1].at - result.events[0].at
    assert waited.total_seconds() == 31_536_000


async def test_one_of_the_project_s(handrail_engine: HandrailEngine) -> None:
    result = handrail_engine.run("charge-by-name", stand_ins=PAID)
    assert (result.output, result.states) == ({"paid": True}, ("Charge", "Later"))


async def test_one_from_a_file(handrail_engine: HandrailEngine, tmp_path: Path) -> None:
    charge = write_machine(tmp_path / "charge")
    for _ in range(2):
        assert handrail_engine.run(charge, stand_ins=PAID).output == {"paid": True}
    with pytest.raises(InvalidDefinition, match="describes 0 state machines"):
        handrail_engine.run(tmp_path / "nothing")


async def test_stand_ins_are_functions_or_answers(
    handrail_engine: HandrailEngine, tmp_path: Path
) -> None:
    charge = write_machine(tmp_path / "functions")
    calls = []

    def pay(arguments: object, context: object) -> int:
        calls.append(arguments)
        return 7

    assert handrail_engine.run(charge, {"a": 1}, stand_ins={"Charge": pay}).output == 7
    assert calls == [{"a": 1}]
    visits = {"Charge": [[{"raise": {"error": "Busy"}}, {"return": 8}]]}
    assert handrail_engine.run(charge, stand_ins=visits).output == 8
    with pytest.raises(InvalidDefinition, match=r"stand_ins\.Charge"):
        handrail_engine.run(charge, stand_ins={"Charge": {"retrun": 1}})


async def test_mocks(handrail_engine: HandrailEngine, tmp_path: Path) -> None:
    charge, file = write_machine(tmp_path / "mock-charge"), tmp_path / "mocks.json"
    file.write_text(json.dumps(MOCKS).replace('"charge"', '"mock-charge"'))
    assert handrail_engine.run(charge, mocks=f"{file}#Busy").output == {"paid": "late"}
    with pytest.raises(NotFound):
        handrail_engine.run(charge, mocks=f"{file}#Free")


async def test_clients_put_data_where_a_state_machine_looks(
    handrail_engine: HandrailEngine,
) -> None:
    s3 = handrail_engine.client("s3")
    s3.create_bucket(Bucket="of-a-test")
    get = "arn:aws:states:::aws-sdk:s3:listBuckets"
    state = {"Type": "Task", "Resource": get, "OutputPath": "$.Buckets[*].Name", "End": True}
    result = handrail_engine.run({"StartAt": "A", "States": {"A": state}})
    assert "of-a-test" in result.output


async def test_a_test_answers_a_task_while_time_stands_still(
    handrail_engine: HandrailEngine,
) -> None:
    queue = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    url = handrail_engine.client("sqs").create_queue(QueueName="of-a-test")["QueueUrl"]
    parameters = {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"}
    task = {"Type": "Task", "Resource": queue, "Parameters": parameters, "TimeoutSeconds": 60}
    definition = {"StartAt": "Ask", "States": {"Ask": {**task, "End": True}}}
    with handrail_engine.paused(definition) as execution:
        sfn = handrail_engine.client("stepfunctions")
        sfn.send_task_success(taskToken=execution.token(), output='"yes"')
        assert execution.result().output == "yes"
