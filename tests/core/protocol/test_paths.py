"""Where documents lead, by the contract's words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handrail.core.history.facts import PendingTask
from handrail.core.models import Account, ExecutionId
from handrail.core.protocol.paths import Addresses, execution_path
from handrail.core.trace_context import TraceContext
from tests.fakes import machine

ID = ExecutionId.parse("order-fulfilment:7f3c")
CHILD = ExecutionId.parse("orders/Each one:7f3c")
EXPRESS = ExecutionId.parse("quick:7f3c:2b1d")
AT = datetime(2026, 1, 1, tzinfo=UTC)
TASK = PendingTask(11, "Approve", "sqs:sendMessage.waitForTaskToken", AT, None, None)
BASE = "/v1/executions/order-fulfilment:7f3c"
AWAY = Addresses(socket_url="wss://abc.execute-api.eu-west-1.amazonaws.com/live")


def test_links_are_paths() -> None:
    assert Addresses().of_execution(ID) == {
        "self": BASE,
        **{
            part: f"{BASE}/{part}"
            for part in ("events", "stream", "ws", "stop", "redrive", "tasks")
        },
    }


def test_an_express_execution_has_no_links() -> None:
    for addresses in (Addresses(), AWAY):
        assert addresses.of_execution(EXPRESS) == {}


def test_a_path_is_quoted() -> None:
    assert execution_path(CHILD) == "/v1/executions/orders%2FEach%20one:7f3c"
    assert (
        Addresses().of_machine(machine("\u00e9+1"))["start"]
        == "/v1/state-machines/%C3%A9%2B1/executions"
    )


def test_the_links_of_a_version_or_an_alias_keep_to_it() -> None:
    assert Addresses().of_machine(replace(machine("orders"), qualifier="live")) == {
        "self": "/v1/state-machines/orders:live",
        "start": "/v1/state-machines/orders:live/executions",
        "executions": "/v1/executions?state_machine=orders:live",
    }


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_a_path_would_lose_is_linked_by_its_arn(name: str) -> None:
    arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:" + name
    assert Addresses().of_machine(machine(name))["self"] == f"/v1/state-machines/{arn}"
    version = Addresses().of_machine(replace(machine(name), qualifier="3"))["self"]
    assert version == f"/v1/state-machines/{name}:3"


def test_sockets_that_live_elsewhere_are_reached_by_url_with_the_execution_quoted() -> None:
    links = AWAY.of_execution(CHILD)
    assert links["ws"] == f"{AWAY.socket_url}?execution=orders%2FEach%20one:7f3c"
    assert {**links, "ws": None} == {**Addresses().of_execution(CHILD), "ws": None}


def test_a_task_is_settled_where_it_stands() -> None:
    base = f"{BASE}/tasks/11"
    actions = {action: f"{base}/{action}" for action in ("success", "failure", "heartbeat")}
    assert Addresses().of_task(ID, TASK) == actions
    assert AWAY.of_task(ID, TASK) == actions


def test_a_signed_link_stands_beside_them_for_the_tasks_that_have_one() -> None:
    signed = Addresses(lambda id, task: f"/{id}/{task.event_id}")
    assert signed.of_task(ID, TASK)["callback"] == "/order-fulfilment:7f3c/11"
    assert "callback" not in Addresses(lambda _id, _task: None).of_task(ID, TASK)


def test_where_links_can_be_made_a_callback_says_where_and_an_activity_does_not() -> None:
    signs = Addresses(signs=True)
    assert signs.of_task(ID, TASK)["links"] == f"{BASE}/tasks/11/links"
    assert "links" not in signs.of_task(ID, replace(TASK, resource="activity:pack"))
    assert "links" not in Addresses().of_task(ID, TASK)


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_console_of_aws_is_linked_once_it_is_known_where_executions_live(
    partition: str, region: str, host: str
) -> None:
    account = Account(partition, region, "123456789012")
    links = Addresses(account=lambda: account).of_execution(CHILD)
    arn = f"arn:{partition}:states:{region}:123456789012:execution:orders/Each%20one:7f3c"
    assert links["console"] == (
        f"https://{host}/states/home?region={region}#/v2/executions/details/{arn}"
    )
    trace = TraceContext("5759e988bd862e3fe1be46a994272793")
    found = Addresses(account=lambda: account, trace=lambda *_: trace).trace_of(CHILD, 0)
    home = f"https://{host}/cloudwatch/home?region={region}"
    url = f"{home}#xray:traces/1-5759e988-bd862e3fe1be46a994272793"
    assert found == (trace.trace_id, {"trace": url})
    assert "console" not in Addresses(account=lambda: None).of_execution(CHILD)
    elsewhere = Addresses(account=lambda: None, trace=lambda *_: trace).trace_of(CHILD, 0)
    assert elsewhere == (trace.trace_id, {})
    assert Addresses(trace=lambda *_: None).trace_of(CHILD, 0) is None
    assert Addresses(account=lambda: account).of_execution(EXPRESS) == {}
