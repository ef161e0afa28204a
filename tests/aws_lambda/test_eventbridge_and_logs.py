"""Status changes and log lines as AWS writes them, read as nudges."""

import base64

import pytest

from handrail.aws_lambda.eventbridge_and_logs import logged, nudges_of, status_change
from handrail.core.apigateway import Nudge
from handrail.core.pushes import Unreadable
from tests.events import LOGS, STATUS_CHANGES, log_line, logs_event, sample
from tests.usecases.apigateway.stage import ID

ORDER = "order-fulfilment:a-1001"
EXPRESS = "arn:aws:states:us-east-1:123456789012:express:price-check:b:c"


@pytest.mark.parametrize("name", STATUS_CHANGES)
def test_a_status_change_is_a_nudge_that_knows_of_an_end(name: str) -> None:
    assert status_change(sample(name)) == Nudge(ORDER, ended=name != "status_change_running")


def test_a_status_change_knows_how_often_it_was_redriven() -> None:
    event = sample("status_change_running")
    event["detail"] |= {"redriveCount": 2}
    assert status_change(event) == Nudge(ORDER, redrives=2)
    del event["detail"]["redriveCount"]
    assert status_change(event) == Nudge(ORDER)


def test_a_status_change_too_large_for_its_payloads_is_one_too() -> None:
    assert status_change(sample("status_change_too_large")) is not None


@pytest.mark.parametrize("name", [name for name in LOGS if "standard" in name])
def test_log_lines_are_one_nudge_that_knows_the_last_event(name: str) -> None:
    assert nudges_of(logged(logs_event(sample(name)))) == (Nudge(ORDER, 7, ended=True),)


@pytest.mark.parametrize("name", [name for name in LOGS if "express" in name])
def test_express_executions_have_no_history_to_read(name: str) -> None:
    assert nudges_of(logged(logs_event(sample(name)))) == ()


def test_a_control_message_says_nothing() -> None:
    assert nudges_of(logged(logs_event(sample("logs_control")))) == ()


def test_log_lines_of_several_executions_are_told_apart() -> None:
    lines = [
        log_line("orders:one", 5),
        log_line("orders:two", 3, "ExecutionAborted"),
        log_line("orders:one", 4),
        log_line(EXPRESS, 9),
    ]
    assert nudges_of(logged(logs_event(lines))) == (
        Nudge("orders:one", 5),
        Nudge("orders:two", 3, ended=True),
    )


def test_another_line_of_the_log_group_is_passed_over() -> None:
    assert nudges_of(logged(logs_event(["START RequestId: 1", log_line(ID, 2)]))) == (Nudge(ID, 2),)


@pytest.mark.parametrize(
    "data", ["", "no base64", base64.b64encode(b"no gzip").decode(), "H4sIAAAA", 7, None]
)
def test_what_cant_be_unpacked_is_unreadable(data: object) -> None:
    with pytest.raises(Unreadable):
        logged({"awslogs": {"data": data}})
