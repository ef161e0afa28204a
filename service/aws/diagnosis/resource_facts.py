"""Reads what is there: the caller, state machines, log groups, the stream, queues, the table,
quotas."""

import asyncio
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError
from pydantic_core import from_json

from handrail.aws.clients import STEPFUNCTIONS
from handrail.aws.diagnosis.asking import Answered, Asking
from handrail.aws.diagnosis.dry_calls import StreamTarget, Targets
from handrail.aws.step_functions.deployments import logging_of
from handrail.core.diagnosis.call_outcomes import CallOutcome
from handrail.core.diagnosis.callback_queue_facts import CallbackQueueFacts
from handrail.core.diagnosis.event_stream import StreamFacts
from handrail.core.diagnosis.machine_logs import MachineFacts, SubscriptionFacts
from handrail.core.diagnosis.socket_storage import QueueFacts, TableFacts
from handrail.core.execution_logging import ExecutionLogging
from handrail.core.machine_patterns import EVERY_MACHINE, MachinePatterns
from handrail.core.models import Account, MachineType
from handrail.core.queue_reference import QueueReference

MOST_MACHINES = 50
"""Described, unless more are named: the quota is 200 at once and 20 a second."""
_PAGES = 10
_DISTRIBUTED = re.compile(r'"Mode"\s*:\s*"DISTRIBUTED"')
_OPEN = "EndingSequenceNumber"


async def credentials_from(asking: Asking) -> str | None:
    """Where the credentials come from, as botocore names it (`env`, `sso`, `assume-role` …); None
    where there are none. Which ones can't be used is told by the calls that need them."""
    try:
        async with asyncio.timeout(asking.limit_s):
            return await asking.clients.credentials_from()
    except (BotoCoreError, TimeoutError) as error:
        return type(error).__name__


@dataclass(frozen=True, slots=True)
class FoundMachines:
    """`names` are all that are meant; `machines` those of them that were looked at."""

    listing: CallOutcome
    names: frozenset[str] = frozenset()
    machines: Sequence[MachineFacts] = ()

    @property
    def left_out(self) -> int:
        return len(self.names) - len(self.machines)


async def find_machines(asking: Asking, only: MachinePatterns = EVERY_MACHINE) -> FoundMachines:
    """Those of the region that are meant, described."""
    listed: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    for _ in range(_PAGES):
        page = await asking.ask(STEPFUNCTIONS, "ListStateMachines", {"maxResults": 1000, **more})
        if not page.outcome.answered:
            return FoundMachines(page.outcome)
        listed += page.answer["stateMachines"]
        if not (token := page.answer.get("nextToken")):
            break
        more = {"nextToken": token}
    chosen = [each for each in listed if only.match(each["name"])]
    described = await asyncio.gather(*(_described(asking, e) for e in chosen[:MOST_MACHINES]))
    return FoundMachines(page.outcome, frozenset(each["name"] for each in chosen), described)


async def _described(asking: Asking, listed: dict[str, Any]) -> MachineFacts:
    name, arn, type = listed["name"], listed["stateMachineArn"], MachineType(listed["type"])
    found = await asking.ask(STEPFUNCTIONS, "DescribeStateMachine", {"stateMachineArn": arn})
    if not found.outcome.answered:
        return MachineFacts(name, arn, type, found.outcome)
    answer = found.answer
    return MachineFacts(
        name,
        arn,
        type,
        found.outcome,
        logging_of(answer.get("loggingConfiguration") or {}) or ExecutionLogging(),
        traced=bool((answer.get("tracingConfiguration") or {}).get("enabled")),
        distributed=bool(_DISTRIBUTED.search(answer.get("definition", ""))),
    )


async def machine_targets(asking: Asking, account: Account, found: FoundMachines) -> Targets:
    """One state machine of each type, the newest execution, and names that nothing has."""
    made_up = f"handrail-doctor-{uuid4().hex}"
    readable = [each for each in found.machines if each.described.answered] or found.machines
    by_type = {each.type: each for each in reversed(readable)}
    standard, express = by_type.get(MachineType.STANDARD), by_type.get(MachineType.EXPRESS)
    mapping = next((each for each in readable if each.distributed), None)
    one, at = standard or express, f"arn:{account.partition}:states:{account.region}"
    nowhere = f"{at}:{account.account_id}:execution:{standard.name}:{made_up}" if standard else None
    map_run = f"{at}:{account.account_id}:mapRun:{mapping.name}/handrail" if mapping else None
    return Targets(
        made_up,
        names=(one.name,) if one else (),
        machine=one.arn if one else None,
        express=express.arn if express else None,
        execution=(standard and await _newest_execution(asking, standard.arn)) or nowhere,
        no_execution=nowhere,
        map_run=f"{map_run}:{uuid4()}" if map_run else None,
    )


async def _newest_execution(asking: Asking, machine_arn: str) -> str | None:
    """Its ARN; None where there is none, or none may be listed."""
    asked = {"stateMachineArn": machine_arn, "maxResults": 1}
    found = await asking.ask(STEPFUNCTIONS, "ListExecutions", asked)
    return next((str(e["executionArn"]) for e in found.answer.get("executions", ())), None)


async def find_subscriptions(asking: Asking, groups: Collection[str]) -> list[SubscriptionFacts]:
    return await asyncio.gather(*(_subscriptions(asking, group) for group in sorted(groups)))


async def _subscriptions(asking: Asking, group: str) -> SubscriptionFacts:
    found = await asking.ask("logs", "DescribeSubscriptionFilters", {"logGroupName": group})
    filters = [
        (str(each.get("filterPattern", "")), str(each.get("destinationArn", "")))
        for each in found.answer.get("subscriptionFilters", ())
    ]
    return SubscriptionFacts(group, found.outcome, filters)


@dataclass(frozen=True, slots=True)
class FoundStream:
    """What there is to judge of it, and how it is asked."""

    facts: StreamFacts
    target: StreamTarget


async def find_stream(asking: Asking, name: str) -> FoundStream:
    by_arn = name.startswith("arn:")
    named = {"StreamARN" if by_arn else "StreamName": name}
    region = name.split(":")[3] if by_arn else None
    listed, told = await asyncio.gather(
        asking.ask("kinesis", "ListShards", dict(named), region=region),
        asking.ask("kinesis", "DescribeStreamSummary", dict(named), region=region),
    )
    shards = [
        str(each["ShardId"])
        for each in listed.answer.get("Shards", ())
        if _OPEN not in each.get("SequenceNumberRange", {})
    ]
    summary = told.answer.get("StreamDescriptionSummary", {})
    facts = StreamFacts(
        name,
        asking.clients.region,
        listed.outcome,
        told.outcome,
        shards=len(shards),
        status=summary.get("StreamStatus"),
        retention_h=summary.get("RetentionPeriodHours"),
    )
    if not shards:
        return FoundStream(facts, StreamTarget(named, region))
    asked = {**named, "ShardId": shards[0], "ShardIteratorType": "LATEST"}
    place = await asking.ask("kinesis", "GetShardIterator", asked, region=region)
    iterator = place.answer.get("ShardIterator")
    return FoundStream(facts, StreamTarget(named, region, shards[0], iterator))


async def find_table(asking: Asking, name: str) -> TableFacts:
    named: dict[str, Any] = {"TableName": name}
    described, expiry = await asyncio.gather(
        asking.ask("dynamodb", "DescribeTable", named),
        asking.ask("dynamodb", "DescribeTimeToLive", named),
    )
    table = described.answer.get("Table", {})
    told = expiry.answer.get("TimeToLiveDescription", {})
    on = told.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    return TableFacts(
        name,
        described.outcome,
        expiry.outcome,
        keys={each["AttributeName"]: each["KeyType"] for each in table.get("KeySchema", ())},
        indexes=frozenset(e["IndexName"] for e in table.get("GlobalSecondaryIndexes") or ()),
        expires_by=told.get("AttributeName") if on else None,
    )


async def find_queue(asking: Asking, url: str) -> QueueFacts:
    asked = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    found = await asking.ask("sqs", "GetQueueAttributes", asked)
    return QueueFacts(url, found.outcome)


async def find_callback_queue(asking: Asking, queue: QueueReference) -> CallbackQueueFacts:
    region, url = queue.region, queue.url
    if url is None:
        owner = {"QueueOwnerAWSAccountId": queue.account} if queue.account else {}
        named = {"QueueName": queue.name, **owner}
        found = await asking.ask("sqs", "GetQueueUrl", named, region=region)
        if not found.outcome.answered:
            return CallbackQueueFacts(queue.name, found.outcome)
        url = found.answer["QueueUrl"]
    asked = {"QueueUrl": url, "AttributeNames": ["RedrivePolicy"]}
    told = await asking.ask("sqs", "GetQueueAttributes", asked, region=region)
    policy = told.answer.get("Attributes", {}).get("RedrivePolicy")
    dead_letters = None if policy is None else from_json(policy).get("deadLetterTargetArn")
    return CallbackQueueFacts(queue.name, told.outcome, dead_letters)


async def find_quotas(asking: Asking) -> tuple[CallOutcome, dict[str, float]]:
    """What applies to the account in its region, by AWS's names; AWS's defaults where Service
    Quotas has nothing of the account's own."""
    values: dict[str, float] = {}
    for operation in ("ListAWSDefaultServiceQuotas", "ListServiceQuotas"):
        page = await _quotas(asking, operation, values)
        if not page.outcome.answered:
            return page.outcome, values
    return page.outcome, values


async def _quotas(asking: Asking, operation: str, values: dict[str, float]) -> Answered:
    more: dict[str, Any] = {}
    for _ in range(_PAGES):
        asked = {"ServiceCode": "states", "MaxResults": 100, **more}
        page = await asking.ask("service-quotas", operation, asked)
        values |= {each["QuotaName"]: each["Value"] for each in page.answer.get("Quotas", ())}
        if not (token := page.answer.get("NextToken")):
            break
        more = {"NextToken": token}
    return page
