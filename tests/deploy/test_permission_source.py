"""Every template's roles have what `permissions.json` says, and that is what the code calls."""

from collections.abc import Iterable

import pytest

from tests.deploy.grants import granted
from tests.deploy.needs import LOG_DELIVERY, SAMPLED_TRACES
from tests.deploy.permission_source import (
    PURPOSES,
    ROLES,
    actions,
    grants_of,
    resources_in,
    statements,
)
from tests.deploy.templates import deployed
from tests.deploy.uses import called, imported, uses_of

IN_TEMPLATES = [
    ("container", "TaskRole", "task", ""),
    ("container", "ExecutionRole", "task-execution", "LogGroup"),
    ("serverless", "HttpRole", "http-function", "HttpLogGroup"),
    ("serverless", "LiveRole", "live-function", "LiveLogGroup"),
]


@pytest.mark.parametrize(("name", "id", "role", "log_group"), IN_TEMPLATES)
def test_a_templates_role_has_the_permissions_of_the_source(
    name: str, id: str, role: str, log_group: str
) -> None:
    template = deployed(name)

    assert granted(template, id) == grants_of(role, resources_in(template, log_group))


def test_the_roles_of_state_machines_share_what_logs_and_traces_them() -> None:
    assert actions("state-machine") == LOG_DELIVERY | SAMPLED_TRACES


@pytest.mark.parametrize(
    ("role", "root", "adapters", "beyond"),
    [
        ("worker", "handrail.entrypoints.worker", ("AwsActivities", "AwsTasks"), ()),
        (
            "deployer",
            "handrail.entrypoints.deploy",
            ("AwsDeployments", "AwsActivities"),
            ("iam:PassRole", "states:DescribeStateMachineAlias"),
        ),
    ],
)
def test_who_works_or_deploys_by_hand_may_do_what_the_command_calls(
    role: str, root: str, adapters: Iterable[str], beyond: Iterable[str]
) -> None:
    """A role is passed on, and an alias described by what `AwsDeployments` inherits."""
    modules = imported(root)
    calls = {
        f"states:{use.operation}"
        for adapter in adapters
        for method in called(modules, adapter)
        for use in uses_of(adapter, method)
    }

    assert actions(role) == calls | set(beyond)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_says_nothing_twice_and_names_each_statement_once(role: str) -> None:
    names = [each["Sid"] for each in statements(role)]
    said = [(action, each["Resource"]) for each in statements(role) for action in each["Action"]]

    assert len(set(names)) == len(names)
    assert len(set(said)) == len(said)


def test_every_purpose_is_some_roles() -> None:
    assert {purpose for purposes in ROLES.values() for purpose in purposes} == PURPOSES.keys()
