"""Small definitions that real use broke, each with the outcome it has on AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from .engine_fixture import Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "cases" / "engine.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("one", CASES, ids=[one["name"] for one in CASES])
async def test_a_definition_has_the_outcome_it_has_on_aws(
    calls: Calls, bucket: str, one: dict[str, Any]
) -> None:
    given = one["input"]
    if isinstance(given, dict) and "queue" in given:
        found = await calls.sqs.get_queue_url(QueueName="cases")
        given = given | {"queue": found["QueueUrl"]}
    machine = await calls.create(one["definition"])
    started = await calls.sfn.start_execution(stateMachineArn=machine, input=json.dumps(given))
    ended = await calls.ended(started["executionArn"])
    outcome: dict[str, Any] = {key: ended[key] for key in ("status", "error") if key in ended}
    if "output" in ended:
        outcome["output"] = json.loads(ended["output"])
    assert outcome == one["expect"], ended.get("cause")


async def test_an_object_is_sent_to_a_queue_as_json(calls: Calls) -> None:
    url = (await calls.sqs.get_queue_url(QueueName="cases"))["QueueUrl"]
    await calls.sqs.purge_queue(QueueUrl=url)
    await calls.run(
        one_state(
            Type="Task",
            Resource="arn:aws:states:::sqs:sendMessage",
            Parameters={"QueueUrl": url, "MessageBody": {"a": 1}},
        )
    )
    received = await calls.sqs.receive_message(QueueUrl=url)
    assert [message["Body"] for message in received["Messages"]] == ['{"a":1}']
