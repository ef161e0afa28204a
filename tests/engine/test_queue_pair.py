"""The engine's queue of callbacks is made as on AWS, dead-letter queue and all."""

import json

import pytest

from .engine_fixture import Calls

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def attributes(calls: Calls, url: str) -> dict[str, str]:
    asked = await calls.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    found: dict[str, str] = asked["Attributes"]
    return found


@pytest.mark.parametrize("ending", ["", ".fifo"])
async def test_it_has_a_dead_letter_queue(calls: Calls, ending: str) -> None:
    url = await calls.engine.make_callback_queue(f"made{ending}")
    assert url.endswith(f"/{calls.engine.account_id}/made{ending}")
    policy = json.loads((await attributes(calls, url))["RedrivePolicy"])
    assert policy["deadLetterTargetArn"].endswith(f":made-dead-letters{ending}")
    assert int(policy["maxReceiveCount"]) == 10
    dead = await attributes(calls, url.replace("/made", "/made-dead-letters"))
    assert dead.get("FifoQueue") == ("true" if ending else None)


async def test_two_heartbeats_are_alike_and_both_come(calls: Calls) -> None:
    """By content SQS would take the second for the first."""
    url = await calls.engine.make_callback_queue("beats.fifo")
    assert (await attributes(calls, url))["ContentBasedDeduplication"] == "false"


async def test_one_that_a_state_machine_names_too_is_given_it(calls: Calls) -> None:
    made = await calls.sqs.create_queue(QueueName="shared")
    url = await calls.engine.make_callback_queue("shared")
    assert url == made["QueueUrl"]
    assert "RedrivePolicy" in await attributes(calls, url)


async def test_the_longest_name_has_one(calls: Calls) -> None:
    url = await calls.engine.make_callback_queue("x" * 80)
    policy = json.loads((await attributes(calls, url))["RedrivePolicy"])
    name = policy["deadLetterTargetArn"].rpartition(":")[2]
    assert (len(name), name.endswith("x-dead-letters")) == (80, True)
