import json

import pytest

from tests.engine.engine_fixture import PASS, Calls

from .task_runs import outputs, task

pytestmark = pytest.mark.asyncio(loop_scope="session")

METADATA = {"SdkHttpMetadata", "SdkResponseMetadata"}


async def test_an_answer_says_how_it_was_called_in_the_optimised_integrations(
    calls: Calls,
) -> None:
    url = (await calls.sqs.create_queue(QueueName="metadata"))["QueueUrl"]
    message = {"QueueUrl": url, "MessageBody": "x"}
    event = {"Detail": {}, "DetailType": "x", "Source": "s"}
    sent, by_sdk, put, invoked = await outputs(
        calls,
        task("sqs:sendMessage", message),
        task("aws-sdk:sqs:sendMessage", message),
        task("events:putEvents", {"Entries": [event]}),
        task("lambda:invoke", {"FunctionName": "echo"}),
    )
    assert sent.keys() > METADATA
    assert list(sent) == sorted(sent)
    assert METADATA.isdisjoint(by_sdk.keys() | put.keys())
    http = invoked["SdkHttpMetadata"]
    assert http["HttpStatusCode"] == 200
    assert {"Connection", "Content-Type", "Date"} < http["HttpHeaders"].keys()
    assert "Server" not in http["HttpHeaders"]
    assert http["HttpHeaders"]["X-Amz-Executed-Version"] == "$LATEST"
    assert http["AllHttpHeaders"]["X-Amz-Executed-Version"] == ["$LATEST"]
    request_id = http["HttpHeaders"]["x-amzn-RequestId"]
    assert invoked["SdkResponseMetadata"] == {"RequestId": request_id}


async def test_a_job_says_so_as_it_is_submitted_alone(calls: Calls) -> None:
    start = {"StateMachineArn": await calls.create(PASS)}
    ended = await calls.run(task("states:startExecution.sync", start))
    assert METADATA.isdisjoint(json.loads(ended["output"]))
    events = await calls.history(ended["executionArn"])
    [submitted] = [e["taskSubmittedEventDetails"] for e in events if e["type"] == "TaskSubmitted"]
    assert json.loads(submitted["output"]).keys() > METADATA
