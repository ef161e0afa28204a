"""Errors are matched by name, whoever raised them and however deep."""

import pytest
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)

from handrail.engine.moto_patches.failures import MissedHeartbeat, takes
from tests.engine.engine_fixture import Definition

on_the_engine = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("declared", "error", "taken"),
    [
        ("States.ALL", "Refused", True),
        ("States.ALL", "States.Timeout", True),
        ("States.ALL", "States.Runtime", False),
        ("States.ALL", "States.DataLimitExceeded", True),
        ("States.Runtime", "States.Runtime", True),
        ("States.TaskFailed", "Refused", True),
        ("States.TaskFailed", "States.IntrinsicFailure", True),
        ("States.TaskFailed", "States.Timeout", False),
        ("States.TaskFailed", "States.Runtime", False),
        ("States.HeartbeatTimeout", "States.Timeout", False),
        ("Refused", "Refused", True),
        ("Refused", "Denied", False),
    ],
)
def test_names_and_wildcards(declared: str, error: str, *, taken: bool) -> None:
    known = error.startswith("States.")
    name = StatesErrorName.from_name(error) if known else CustomErrorName(error)
    assert takes({declared}, name) is taken


def test_a_failure_without_a_name_is_taken_by_wildcards_alone() -> None:
    assert takes({"States.ALL"}, None)
    assert not takes({"Refused"}, None)


def test_a_missed_heartbeat_is_a_timeout_with_a_name_of_its_own() -> None:
    assert takes({"States.HeartbeatTimeout"}, MissedHeartbeat())
    assert takes({"States.Timeout"}, MissedHeartbeat())
    assert not takes({"States.TaskFailed"}, MissedHeartbeat())


def caught(definition: Definition, *errors: str) -> Definition:
    """What A fails with, by one of the names, is the output."""
    definition["States"]["A"]["Catch"] = [{"ErrorEquals": list(errors), "Next": "Caught"}]
    definition["States"]["Caught"] = {"Type": "Succeed"}
    return definition
