"""What executions log comes through the log group's subscription, and status changes beside it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from moto.kinesis.models import kinesis_backends
from moto.logs.models import logs_backends
from structlog.testing import capture_logs

from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.core.pushes import Push, PushedEvent, PushedStatus, parse_push
from handrail.engine.execution_logs.log_delivery import MOST_KEPT, LogDelivery
from tests.engine.engine_fixture import FUNCTION, PASS, ROLE_ARN, Calls, eventually, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")
STREAM = "handrail-events"
MAP = one_state(
    Type="Map",
    ItemsPath="$.items",
    ItemProcessor=one_state("Item", Type="Task", Resource=FUNCTION + "echo"),
)


class Pushes:
    """What came by the stream since it was made; `clients` are the engine's own."""

    def __init__(self, clients: Any, region: str) -> None:
        self.kinesis, self.logs = clients.client("kinesis", region), clients.client("logs", region)
        (shard,) = self.kinesis.list_shards(StreamName=STREAM)["Shards"]
        asked = {"StreamName": STREAM, "ShardId": shard["ShardId"]}
        self._next = self.kinesis.get_shard_iterator(**asked, ShardIteratorType="LATEST")
        self._found: list[Push | None] = []

    async def of(self, execution_arn: str, *, until: str) -> list[Push]:
        """Those of the execution, once one of them is of this type or status."""
        wanted = ExecutionId.parse(execution_arn)

        async def look() -> list[Push] | None:
            self._next = self.kinesis.get_records(ShardIterator=self._next_iterator)
            for record in self._next["Records"]:
                self._found += parse_push(record["Data"])
            mine = [push for push in self._found if push and push.execution == wanted]
            return mine if any(until == kind_of(push) for push in mine) else None

        return await eventually(look)

    @property
    def _next_iterator(self) -> str:
        return str(self._next.get("NextShardIterator") or self._next.get("ShardIterator"))


def kind_of(push: Push) -> str:
    return push.event.type if isinstance(push, PushedEvent) else push.status.value


@pytest_asyncio.fixture(loop_scope="session")
async def pushes(calls: Calls) -> AsyncIterator[Pushes]:
    calls.engine.push_events(STREAM)
    yield Pushes(calls.engine.assembly.clients, calls.engine.region)


def logging(group: str, **changed: Any) -> dict[str, Any]:
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}:*"
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]
    configured = {"level": "ALL", "includeExecutionData": True, "destinations": destinations}
    return {"loggingConfiguration": {**configured, **changed}}


async def test_a_history_is_pushed_whole_in_order_and_once(calls: Calls, pushes: Pushes) -> None:
    machine = await calls.create(MAP, **logging("/whole"))
    arns = [await calls.start(machine, {"items": list(range(10))}) for _ in range(3)]
    for arn in arns:
        found = await pushes.of(arn, until="ExecutionSucceeded")
        events = [push.event for push in found if isinstance(push, PushedEvent)]
        history = await calls.history(arn)
        assert [event.id for event in events] == [event["id"] for event in history]
        assert [event.previous_id for event in events] == [e["previousEventId"] for e in history]
        assert [event.at for event in events] == [event["timestamp"] for event in history]
        for event, known in zip(events, history, strict=True):
            assert event.details == (known[event.details_key] if event.details_key else {})
        assert not any(push.truncated for push in found if isinstance(push, PushedEvent))


async def test_a_standard_execution_s_status_is_pushed_at_each_change(
    calls: Calls, pushes: Pushes
) -> None:
    fail = one_state(Type="Task", Resource=FUNCTION + "nobody")
    arn = await calls.start(await calls.create(fail))  # logs nothing
    await pushes.of(arn, until="FAILED")
    await calls.sfn.redrive_execution(executionArn=arn)

    async def twice() -> list[PushedStatus] | None:
        pushed = await pushes.of(arn, until="FAILED")
        found = [each for each in pushed if isinstance(each, PushedStatus)]
        return found if len(found) == 4 else None

    found = await eventually(twice)
    failed, running = ExecutionStatus.FAILED, ExecutionStatus.RUNNING
    assert [each.status for each in found] == [running, failed, running, failed]
    assert [each.redrive_count for each in found] == [0, 0, 1, 1]
    assert [each.stopped_at is None for each in found] == [True, False, True, False]


async def test_an_express_execution_has_its_lines_alone(calls: Calls, pushes: Pushes) -> None:
    machine = await calls.create(PASS, type="EXPRESS", **logging("/express"))
    arn = await calls.start(machine, {"a": 1})
    found = await pushes.of(arn, until="ExecutionSucceeded")
    assert found[0].execution.express
    assert [kind_of(push) for push in found] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


async def test_a_level_and_payloads_are_left_out_where_that_is_said(
    calls: Calls, pushes: Pushes
) -> None:
    bare = await calls.create(PASS, **logging("/bare", includeExecutionData=False))
    arn = await calls.start(bare, {"secret": 1})
    found = await pushes.of(arn, until="ExecutionSucceeded")
    events = [push for push in found if isinstance(push, PushedEvent)]
    assert all(push.truncated for push in events)
    assert not any("input" in push.event.details for push in events)
    fatal = await calls.create(one_state(Type="Fail"), **logging("/fatal", level="FATAL"))
    fatal_arn = await calls.start(fatal)
    found = await pushes.of(fatal_arn, until="FAILED")
    assert sorted(map(kind_of, found)) == ["ExecutionFailed", "FAILED", "RUNNING"]


async def test_what_is_configured_later_holds_for_later_executions(
    calls: Calls, pushes: Pushes
) -> None:
    machine = await calls.create(PASS)
    await calls.ended(await calls.start(machine))
    await calls.sfn.update_state_machine(stateMachineArn=machine, **logging("/later"))
    described = await calls.sfn.describe_state_machine(stateMachineArn=machine)
    assert described["loggingConfiguration"]["level"] == "ALL"
    arn = await calls.start(machine)
    assert len(await pushes.of(arn, until="ExecutionSucceeded")) >= 4


async def test_the_children_of_a_map_run_are_logged_with_their_parent(
    calls: Calls, pushes: Pushes
) -> None:
    processor = {**PASS, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    distributed = one_state("M", Type="Map", ItemProcessor=processor)
    machine = await calls.create(distributed, **logging("/parent"))
    arn = await calls.start(machine, [1, 2])
    await pushes.of(arn, until="ExecutionSucceeded")
    lines = pushes.logs.filter_log_events(logGroupName="/parent")["events"]
    ends = [each for each in lines if '"type":"ExecutionSucceeded"' in each["message"]]
    assert len(ends) == 3


async def test_a_log_group_is_written_to_and_subscribed(calls: Calls, pushes: Pushes) -> None:
    machine = await calls.create(PASS, **logging("/read"))
    arn = await calls.start(machine)
    await pushes.of(arn, until="ExecutionSucceeded")
    lines = pushes.logs.filter_log_events(logGroupName="/read")["events"]
    assert len(lines) == 4
    (subscribed,) = pushes.logs.describe_subscription_filters(logGroupName="/read")[
        "subscriptionFilters"
    ]
    assert subscribed["destinationArn"].endswith(f":stream/{STREAM}")


async def test_a_version_logs_as_it_was_published(calls: Calls, pushes: Pushes) -> None:
    machine = await calls.create(PASS, **logging("/version"))
    version = await calls.sfn.publish_state_machine_version(stateMachineArn=machine)
    arn = await calls.start(version["stateMachineVersionArn"])
    found = await pushes.of(arn, until="ExecutionSucceeded")
    assert kind_of(found[0]) in {"ExecutionStarted", "RUNNING"}


async def test_a_log_group_that_takes_no_subscription_is_written_to_all_the_same(
    calls: Calls, pushes: Pushes
) -> None:
    """A log group that somebody gave two filters takes no third."""
    destination = pushes.logs.describe_subscription_filters(logGroupName="/version")
    arn = destination["subscriptionFilters"][0]["destinationArn"]
    pushes.logs.create_log_group(logGroupName="/full")
    for name in ("one", "two"):
        asked = {"logGroupName": "/full", "filterName": name, "filterPattern": ""}
        pushes.logs.put_subscription_filter(**asked, destinationArn=arn, roleArn=ROLE_ARN)
    full = await calls.create(PASS, **logging("/full"))
    with capture_logs() as logged:
        await calls.ended(await calls.start(full))
        whole = await calls.start(await calls.create(PASS, **logging("/whole")))
        await pushes.of(whole, until="ExecutionSucceeded")
    said = [each for each in logged if each["event"] == "log group not subscribed"]
    assert [each["log_group"] for each in said] == ["/full"]
    assert said[0]["error"] == "LimitExceededException"
    assert len(pushes.logs.filter_log_events(logGroupName="/full")["events"]) == 4


async def test_what_cannot_be_written_is_said_and_the_rest_comes(
    calls: Calls, pushes: Pushes, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = logs_backends["123456789012"]["us-east-1"]
    monkeypatch.setitem(backend.groups, "/broken", None)
    with capture_logs() as logged:
        await calls.ended(await calls.start(await calls.create(PASS, **logging("/broken"))))
        whole = await calls.start(await calls.create(PASS, **logging("/whole")))
        await pushes.of(whole, until="ExecutionSucceeded")
    lost = [each for each in logged if each["event"] == "execution logs lost"]
    assert {(each["log_group"], each["error"]) for each in lost} == {("/broken", "AttributeError")}


async def test_a_shard_keeps_the_newest_records(calls: Calls, pushes: Pushes) -> None:
    """And can be read while others are put."""
    arn = await calls.start(await calls.create(PASS))
    await pushes.of(arn, until="SUCCEEDED")
    data = [{"Data": b"%d" % number, "PartitionKey": "a"} for number in range(MOST_KEPT + 1)]
    for first in range(0, len(data), 500):
        pushes.kinesis.put_records(StreamName=STREAM, Records=data[first : first + 500])
    asked = {"StreamName": STREAM, "ShardId": "shardId-000000000000"}
    oldest = pushes.kinesis.get_shard_iterator(**asked, ShardIteratorType="TRIM_HORIZON")
    found = pushes.kinesis.get_records(ShardIterator=oldest["ShardIterator"], Limit=10_000)
    assert len(found["Records"]) == MOST_KEPT
    assert found["Records"][-1]["Data"] == b"%d" % MOST_KEPT


async def test_a_wrong_configuration_is_refused(calls: Calls) -> None:
    definition = {"definition": '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'}
    wrong = logging("/wrong", destinations=[])
    refused = calls.sfn.exceptions.InvalidLoggingConfiguration
    with pytest.raises(refused):
        await calls.sfn.create_state_machine(name="wrong", roleArn=ROLE_ARN, **definition, **wrong)
    machine = await calls.create(PASS)
    with pytest.raises(refused):
        await calls.sfn.update_state_machine(stateMachineArn=machine, **wrong)


async def test_after_the_end_nothing_is_delivered() -> None:
    delivery = LogDelivery("123456789012", "eu-west-1")
    delivery.close()
    delivery.add(None)  # type: ignore[arg-type] # it isn't looked at
    delivery.close()
    assert not delivery.pushes


async def test_a_place_in_a_stream_of_before_is_before_all_that_is_pushed_now() -> None:
    """Replicas keep their places on a bus while the engine is restarted."""
    backend = kinesis_backends["111111111111"]["us-east-1"]
    places: list[str] = []
    for _ in range(2):
        LogDelivery("111111111111", "us-east-1").push_to(STREAM)
        (shard,) = backend.streams[STREAM].shards.values()
        known = places[-1] if places else "0"
        asked = (None, STREAM, shard.shard_id, "AFTER_SEQUENCE_NUMBER", known, None)
        iterator = backend.get_shard_iterator(*asked)
        for _ in range(3):
            shard.put_record("key", "", "")
        _, records, _ = backend.get_records(None, iterator, None)
        assert len(records) == 3
        numbers = [record.sequence_number for record in records]
        assert numbers == sorted({*numbers})
        places.append(str(numbers[-1]))
        del backend.streams[STREAM]
