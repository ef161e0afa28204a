"""A machine.json says what is logged, in Step Functions' words."""

from typing import Any

import pytest

from handrail.core.definition.logging_configuration import log_group_arn
from handrail.core.definition.machine_file import MachineFile, rendered
from handrail.core.errors import InvalidDefinition
from handrail.core.execution_logging import ExecutionLogging, LogLevel
from handrail.core.json_text import text_of
from handrail.core.models import Account

HERE = Account("aws-cn", "cn-north-1", "111122223333")
ARN = "arn:aws-cn:logs:cn-north-1:111122223333:log-group:/states/orders-prod:*"
PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


def logging(**said: Any) -> ExecutionLogging | None:
    file = MachineFile.parse(text_of({"name": "orders", "logging": said}))
    return rendered(file, PASS, account=HERE, environment="prod").logging


def test_a_log_group_is_named_or_given_by_its_arn() -> None:
    everything = ExecutionLogging(LogLevel.ALL, False, ARN)
    assert logging(log_group="/states/orders${SUFFIX}") == everything
    assert logging(log_group=ARN) == everything
    assert logging(log_group=ARN.removesuffix(":*"), level="all") == everything
    assert log_group_arn("/states/orders-prod", HERE) == ARN


def test_the_level_and_the_data_are_the_file_s() -> None:
    said = logging(log_group="/states/orders-prod", level="ERROR", include_execution_data=True)
    assert said == ExecutionLogging(LogLevel.ERROR, True, ARN)
    assert logging(level="OFF") == ExecutionLogging()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "level ALL needs a log_group"),
        ({"level": "DEBUG", "log_group": "/g"}, "ALL"),
        ({"log_group": "/g", "destinations": []}, "destinations"),
        ({"log_group": "${Nothing}"}, "Nothing"),
    ],
)
def test_what_step_functions_would_not_take_is_refused(said: Any, problem: str) -> None:
    with pytest.raises(InvalidDefinition, match=problem):
        logging(**said)
