"""The engine has the queues that machine.json names, and clients for its tasks."""

import asyncio
import json
from typing import Any

import pytest

from handrail.engine.assembly import TaskClients
from handrail.engine.errors import NotServed
from handrail.engine.http import Environ
from handrail.engine.in_process import InProcess, clients_call
from tests.engine.engine_fixture import (
    Calls,
)
from tests.engine.step_functions.test_tasks import waiting_task

on_the_engine = pytest.mark.asyncio(loop_scope="session")


@on_the_engine
async def test_the_message_is_in_the_queue_that_machine_json_names(calls: Calls) -> None:
    arn = await calls.start(await calls.create(waiting_task()))
    token = await calls.task_token(arn)
    queue = calls.engine.endpoint_url + "/123456789012/probe-queue"
    tokens: set[str] = set()
    async with asyncio.timeout(20):
        while token not in tokens:
            answer = await calls.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            tokens |= {json.loads(m["Body"])["token"] for m in answer.get("Messages", [])}


@on_the_engine
async def test_queue_names_may_hold_the_environment(calls: Calls) -> None:
    listed = await calls.sqs.list_queues()
    names = {url.rpartition("/")[2] for url in listed["QueueUrls"]}
    assert {"probe-queue", "probe-test.fifo", "order-approvals-test"} <= names


def test_a_task_of_a_service_that_is_none_is_refused() -> None:
    with pytest.raises(NotServed, match="nonsense"):
        TaskClients(InProcess()).client(service_name="nonsense", region_name="us-east-1")


def test_tasks_of_one_service_share_a_client_that_names_what_it_lacks() -> None:
    clients = TaskClients(InProcess())
    sqs = clients.client(service_name="sqs", region_name="us-east-1", verify=False)
    assert clients.client("sqs", "us-east-1") is sqs
    assert clients.client("sqs", "eu-west-1") is not sqs
    with pytest.raises(NotServed, match="sqs's sing_a_song"):
        sqs.sing_a_song()


def test_a_task_calls_the_engine_once_also_where_every_client_of_the_process_does() -> None:
    asked = []

    def answer(environ: Environ, start_response: Any) -> list[bytes]:
        asked.append(environ["HTTP_X_AMZ_TARGET"])
        start_response("200 OK", [("Content-Type", "application/x-amz-json-1.0")])
        return [b"{}"]

    in_process = InProcess()
    in_process.application = answer
    with clients_call(in_process):
        TaskClients(in_process).client("stepfunctions", "us-east-1").list_activities()
    assert asked == ["AWSStepFunctions.ListActivities"]
