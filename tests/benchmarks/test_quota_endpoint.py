import base64
import json
import time
from typing import Any

import pytest

from benchmarks.processes.delivery import Delivery
from benchmarks.processes.plans import APPROVAL
from benchmarks.processes.quota_endpoint import QuotaEndpoint
from handrail.core.pushes import parse_push

STEPS = "arn:aws:states:us-east-1:123456789012:execution:steps"
WAITS = "arn:aws:states:us-east-1:123456789012:execution:waits"


class Asking:
    """An endpoint, asked without a network."""

    def __init__(self, **quotas: tuple[float, float]) -> None:
        self._endpoint = QuotaEndpoint(quotas)

    def add(self, plan: str, *names: str, ago_s: float = 0) -> None:
        told = {"names": names, "plan": plan, "first_at": time.time() - ago_s, "over_s": 0}
        self.ask("Benchmark.Add", **told)

    def ask(self, target: str, **body: object) -> dict[str, Any]:
        """The answer's body, with its HTTP status as `http`."""
        head = f"POST / HTTP/1.1\r\nX-Amz-Target: {target}\r\n\r\n".encode()
        answer = self._endpoint.answer(head + json.dumps(body).encode())
        status, _, rest = answer.partition(b"\r\n\r\n")
        return {"http": int(status.split()[1]), **json.loads(rest)}

    def sfn(self, operation: str, **body: object) -> dict[str, Any]:
        return self.ask(f"AWSStepFunctions.{operation}", **body)

    def ids(self, arn: str, **asked: object) -> list[list[int]]:
        """A history's event ids, page by page."""
        pages, more = [], dict[str, Any]()
        while True:
            answer = self.sfn("GetExecutionHistory", executionArn=arn, **asked, **more)
            pages.append([event["id"] for event in answer["events"]])
            if "nextToken" not in answer:
                return pages
            more = {"nextToken": answer["nextToken"]}


def test_a_call_beyond_its_quota_is_throttled_as_aws_does_it() -> None:
    asking = Asking(ListStateMachines=(1, 0))
    assert asking.sfn("ListStateMachines")["http"] == 200
    refused = asking.sfn("ListStateMachines")
    assert (refused["http"], refused["__type"]) == (400, "ThrottlingException")
    counted = asking.ask("Benchmark.Counts")
    assert counted["calls"] == {"ListStateMachines": 2}
    assert counted["throttled"] == {"ListStateMachines": 1}
    assert counted["refused"] == {}


def test_a_history_pages_in_both_orders_without_a_hole() -> None:
    asking = Asking()
    asking.add("steps:2:10", "done", ago_s=60)
    assert asking.ids(f"{STEPS}:done", maxResults=5) == [
        [1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10],
        [11, 12],
    ]
    assert asking.ids(f"{STEPS}:done", maxResults=6, reverseOrder=True) == [
        [12, 11, 10, 9, 8, 7],
        [6, 5, 4, 3, 2, 1],
    ]


def test_an_event_is_shown_from_its_time_on() -> None:
    asking = Asking()
    asking.add("steps:2:10", "half", ago_s=7)
    assert asking.ids(f"{STEPS}:half") == [[1, 2, 3, 4, 5, 6, 7, 8, 9]]
    assert asking.sfn("DescribeExecution", executionArn=f"{STEPS}:half")["status"] == "RUNNING"


def test_payloads_are_left_out_where_nobody_asks_for_them() -> None:
    asking = Asking()
    asking.add("steps:2:10", "done", ago_s=60)
    asked = {"executionArn": f"{STEPS}:done", "includeExecutionData": False}
    events = asking.sfn("GetExecutionHistory", **asked)["events"]
    assert events[1]["stateEnteredEventDetails"] == {"name": "Step00"}
    assert "parameters" not in events[2]["taskScheduledEventDetails"]


def test_a_task_is_settled_once_and_its_execution_ends() -> None:
    asking = Asking()
    asking.add("waits", "a", "b")
    arn = f"{WAITS}:a"
    scheduled = asking.sfn("GetExecutionHistory", executionArn=arn)["events"][APPROVAL - 1]
    parameters = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])
    token = parameters["MessageBody"]["TaskToken"]
    assert asking.sfn("SendTaskSuccess", taskToken=token, output="1")["http"] == 200
    assert asking.sfn("SendTaskSuccess", taskToken=token, output="1")["__type"] == "TaskTimedOut"
    assert asking.ids(arn) == [[1, 2, 3, 4, 5, 6, 7, 8]]
    described = [asking.sfn("DescribeExecution", executionArn=f"{WAITS}:{name}") for name in "ab"]
    assert [each["status"] for each in described] == ["SUCCEEDED", "RUNNING"]


def test_executions_are_listed_newest_first_by_status_and_page() -> None:
    asking = Asking()
    asking.add("steps:2:10", "done", ago_s=60)
    asking.add("steps:2:10", "older", ago_s=3)
    asking.add("steps:2:10", "newer", ago_s=2)
    asking.add("steps:2:10", "later", ago_s=-60)
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:steps"
    asked = {"stateMachineArn": machine, "statusFilter": "RUNNING", "maxResults": 1}
    first = asking.sfn("ListExecutions", **asked)
    second = asking.sfn("ListExecutions", **asked, nextToken=first["nextToken"])
    names = [answer["executions"][0]["name"] for answer in (first, second)]
    assert (names, "nextToken" in second) == (["newer", "older"], False)


@pytest.mark.parametrize("operation", ["DescribeExecution", "GetExecutionHistory"])
def test_what_does_not_exist_is_refused_and_counted(operation: str) -> None:
    asking = Asking()
    answer = asking.sfn(operation, executionArn=f"{STEPS}:nobody")
    assert (answer["http"], answer["__type"]) == (400, "ExecutionDoesNotExist")
    assert asking.ask("Benchmark.Counts")["refused"] == {operation: 1}


@pytest.mark.parametrize(
    ("kind", "answered"), [("throttle", b"ThrottlingException"), ("fail", b"500"), ("hang", b"")]
)
def test_operations_fail_for_a_while_where_that_is_asked_for(kind: str, answered: bytes) -> None:
    endpoint = QuotaEndpoint({})

    def ask(target: str, **body: object) -> bytes:
        head = f"POST / HTTP/1.1\r\nX-Amz-Target: {target}\r\n\r\n".encode()
        return endpoint.answer(head + json.dumps(body).encode())

    trouble = {"kind": kind, "operations": ["ListStateMachines"]}
    ask("Benchmark.Trouble", until=time.time() + 60, **trouble)
    answer = ask("AWSStepFunctions.ListStateMachines")
    assert answered in answer if answered else answer == b""
    assert b"StateMachineDoesNotExist" in ask(
        "AWSStepFunctions.DescribeStateMachine", stateMachineArn="none"
    )
    ask("Benchmark.Trouble", until=time.time() - 1, **trouble)
    assert b"200 OK" in ask("AWSStepFunctions.ListStateMachines")


def test_the_endpoint_pushes_what_its_executions_do() -> None:
    endpoint, now = QuotaEndpoint({}, Delivery(1)), time.time()
    told = {"names": ["one"], "plan": "waits", "first_at": now, "over_s": 0}
    head = "POST / HTTP/1.1\r\nX-Amz-Target: {}\r\n\r\n"
    endpoint.answer(head.format("Benchmark.Add").encode() + json.dumps(told).encode())
    endpoint.deliver(now + 0.1)
    endpoint.deliver(now + 1.1)
    iterator = {"ShardIterator": f"shardId-000000000000/0/{now}"}
    got = endpoint.answer(head.format("Kinesis_20131202.GetRecords").encode() + _body(iterator))
    records = json.loads(got.partition(b"\r\n\r\n")[2])["Records"]
    pushed = [push for each in records for push in parse_push(base64.b64decode(each["Data"]))]
    assert [type(push).__name__ for push in pushed] == ["PushedEvent"] * 5 + ["PushedStatus"]


def _body(asked: object) -> bytes:
    return json.dumps(asked).encode()
