import pytest

from tests.engine.engine_fixture import Calls

from .task_runs import failures, task


@pytest.mark.asyncio(loop_scope="session")
async def test_a_queue_s_url_without_a_host_fails_in_the_client(calls: Calls) -> None:
    failed = await failures(
        calls,
        *(
            task("sqs:sendMessage", {"QueueUrl": url, "MessageBody": "x"})
            for url in ("no-such-queue-1", "http://no-such-queue-1/123456789012/probe-queue")
        ),
        task(
            "sqs:sendMessage",
            {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/none", "MessageBody": "x"},
        ),
    )
    host = "Unable to execute HTTP request: no-such-queue-1: Name or service not known"
    assert failed[:2] == [("SQS.SdkClientException", host)] * 2
    assert failed[2][0] == "SQS.QueueDoesNotExistException"
