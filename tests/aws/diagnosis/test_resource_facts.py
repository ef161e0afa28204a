"""What is read of an account: as little as tells."""

from handrail.aws.diagnosis.asking import Asking
from handrail.aws.diagnosis.resource_facts import (
    MOST_MACHINES,
    find_machines,
    find_quotas,
    find_stream,
    find_subscriptions,
    machine_targets,
)
from handrail.core.execution_logging import LogLevel
from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import Account
from tests.stubs.whole_account import GROUP, ORDER, STATES, STREAM_ARN, SYNC, WholeAccount

HERE = Account("aws", "us-east-1", "123456789012")


async def test_state_machines_are_described_by_type_logs_traces_and_maps(asking: Asking) -> None:
    found = await find_machines(asking)

    by_name = {each.name: each for each in found.machines}
    assert by_name["order"].distributed
    assert not by_name["quick"].distributed
    assert by_name["order"].traced
    assert by_name["order"].logging.level is LogLevel.ALL
    assert found.left_out == 0


async def test_only_those_that_are_meant_are_described(
    account: WholeAccount, asking: Asking
) -> None:
    found = await find_machines(asking, MachinePatterns.parse("ord*"))

    assert found.names == {"order"}
    described = [body for name, body in account.asked if name == "DescribeStateMachine"]
    assert described == [{"stateMachineArn": ORDER}]


async def test_no_more_are_described_than_the_quota_bears(
    account: WholeAccount, asking: Asking
) -> None:
    one = account.machines[ORDER]
    for number in range(MOST_MACHINES + 3):
        arn = f"{STATES}:stateMachine:m{number}"
        account.machines[arn] = one | {"stateMachineArn": arn, "name": f"m{number}"}

    found = await find_machines(asking)

    assert len(found.machines) == MOST_MACHINES
    assert found.left_out == 5


async def test_targets_are_one_of_each_type_and_names_that_nothing_has(
    account: WholeAccount, asking: Asking
) -> None:
    newest = f"{STATES}:execution:order:newest"
    execution = {"executionArn": newest, "stateMachineArn": ORDER, "name": "newest"}
    account.answers["ListExecutions"] = {
        "executions": [execution | {"status": "RUNNING", "startDate": 1.0}]
    }

    targets = await machine_targets(asking, HERE, await find_machines(asking))

    assert (targets.machine, targets.express, targets.execution) == (ORDER, SYNC, newest)
    assert targets.made_up in str(targets.no_execution)
    assert str(targets.map_run).startswith(f"{STATES}:mapRun:order/handrail:")


async def test_a_log_group_s_filters(asking: Asking) -> None:
    [found] = await find_subscriptions(asking, {GROUP})

    assert (found.log_group, list(found.filters)) == (GROUP, [("", STREAM_ARN)])


async def test_a_stream_s_open_shards(account: WholeAccount, asking: Asking) -> None:
    closed = {"StartingSequenceNumber": "1", "EndingSequenceNumber": "2"}
    account.answers["ListShards"]["Shards"] = [
        {"ShardId": "old", "SequenceNumberRange": closed},
        {"ShardId": "new", "SequenceNumberRange": {"StartingSequenceNumber": "3"}},
    ]

    found = await find_stream(asking, STREAM_ARN)

    assert (found.facts.shards, found.facts.status) == (1, "ACTIVE")
    assert (found.target.shard, found.target.iterator) == ("new", "here")
    assert found.target.region == "us-east-1"


async def test_the_account_s_own_quotas_go_before_aws_s_defaults(
    account: WholeAccount, asking: Asking
) -> None:
    raised = {"QuotaName": "GetExecutionHistory refill", "Value": 60.0}
    account.answers["ListAWSDefaultServiceQuotas"] = {"Quotas": [raised | {"Value": 20.0}]}
    account.answers["ListServiceQuotas"] = {"Quotas": [raised]}

    outcome, values = await find_quotas(asking)

    assert outcome.answered
    assert values == {"GetExecutionHistory refill": 60.0}
