"""Every permission that is used is granted, and no other; taking any single one away is noticed."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from cfnlint.data import AdditionalSpecs  # type: ignore[import-untyped] # it has no types
from cfnlint.helpers import load_resource  # type: ignore[import-untyped] # it has no types

from handrail.core.diagnosis.aws_uses import AWS_USES, ResourceKind, WayIn
from tests.deploy.findings import findings
from tests.deploy.grants import actions_in, at, without
from tests.deploy.needs import NEEDS_NOTHING, WAYS_IN
from tests.deploy.templates import NAMES, Template, deployed, listed, load
from tests.deploy.uses import NEWS_TARGETS, PORTS, Use, asked, imported, opened, uses

NOT_ADAPTERS = {"AwsCalls", "AwsConfig", "Table"}
BY_HAND = {"AwsActivities", "AwsDeployments"}
"""For `handrail deploy` and workers, which run under roles of whoever runs them."""


Statement = dict[str, Any]


def _unnoticed(
    name: str, wanted: Callable[[Statement], bool], change: Callable[[Any, tuple[Any, ...]], None]
) -> list[str]:
    """The actions of the wanted statements of which a change in the template isn't found out."""
    found = list[str]()
    for path in actions_in(load(name)["Resources"], ("Resources",)):
        template = load(name)
        statement = at(template, path[:-1])
        if wanted(statement):
            told = f"{path[1]} {listed(statement['Action'])[path[-1]]}"
            change(template, path)
            if not findings(name, Template(template)):
                found.append(told)
    return found


def _one_more(template: Any, path: tuple[Any, ...]) -> None:
    statement = at(template, path[:-1])
    statement["Action"] = [*listed(statement["Action"]), "states:DeleteStateMachine"]


def _on_anything(template: Any, path: tuple[Any, ...]) -> None:
    at(template, path[:-1])["Resource"] = "*"


QUEUES = {
    ResourceKind.QUEUE: "nudges",
    ResourceKind.CALLBACKS: "callbacks",
    ResourceKind.DEAD_CALLBACKS: "dead callbacks",
    ResourceKind.NEWS_QUEUE: "news",
}

PERMISSIONS = [
    pytest.param(name, id, id=f"{name}: {id}")
    for name in NAMES
    for id, resource in load(name)["Resources"].items()
    if resource["Type"] == "AWS::Lambda::Permission"
]


@pytest.mark.parametrize("name", NAMES)
def test_a_template_grants_what_is_used_and_no_more(name: str) -> None:
    assert findings(name, deployed(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_action_is_noticed(name: str) -> None:
    assert _unnoticed(name, lambda _: True, without) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_action_too_many_is_noticed(name: str) -> None:
    assert _unnoticed(name, lambda each: "Resource" in each, _one_more) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_resource_too_wide_is_noticed(name: str) -> None:
    def is_narrow(statement: Statement) -> bool:
        return "Principal" not in statement and statement["Resource"] != "*"

    assert _unnoticed(name, is_narrow, _on_anything) == []


@pytest.mark.parametrize(("name", "id"), PERMISSIONS)
def test_a_missing_permission_of_a_function_is_noticed(name: str, id: str) -> None:
    template = load(name)

    del template["Resources"][id]

    assert findings(name, Template(template))


def test_no_adapter_is_overlooked() -> None:
    ways_in = {module: imported(module) for modules in WAYS_IN.values() for module in modules}

    made = set().union(*map(opened, ways_in.values())) - NOT_ADAPTERS

    assert made == {*PORTS.values(), *NEWS_TARGETS}
    assert not made & BY_HAND
    called = [asked(modules) for modules in ways_in.values()]
    for adapter in made - set(NEWS_TARGETS):
        assert any(calls[adapter] for calls in called)


@pytest.mark.parametrize(
    ("role", "way"),
    [(("container", "TaskRole"), WayIn.HTTP), (("serverless", "LiveRole"), WayIn.LIVE)],
    ids=list(WayIn),
)
def test_the_doctor_knows_every_call(role: tuple[str, str], way: WayIn) -> None:
    """`handrail doctor` asks for what stands in its own list."""
    index, map_run = ResourceKind.TABLE_INDEX, ResourceKind.MAP_RUN
    listed = {
        Use(
            each.service,
            each.operation,
            each.on is index,
            each.on is map_run,
            QUEUES.get(each.on, ""),
        )
        for each in AWS_USES[way]
    }

    used = {replace(use, news=False) for use in uses(*WAYS_IN[role])}
    assert listed == used - {NEEDS_NOTHING}


def test_the_live_function_starts_stops_and_settles_nothing() -> None:
    modules = imported("handrail.aws_lambda.live_events")

    assert asked(modules)["AwsExecutions"] == {"describe", "list_page"}
    assert "AwsTasks" not in opened(modules)


@cache
def authorizations() -> dict[str, Any]:
    """The service authorization reference, as cfn-lint brings it along."""
    known: dict[str, Any] = load_resource(AdditionalSpecs, "Policies.json")
    return known


@pytest.mark.parametrize("name", NAMES)
def test_actions_exist_and_name_a_resource_wherever_they_have_one(name: str) -> None:
    template = load(name)

    for path in actions_in(template["Resources"], ("Resources",)):
        statement = at(template, path[:-1])
        for action in listed(statement["Action"]):
            service, _, operation = action.partition(":")
            if "*" in operation:
                continue
            entry = authorizations()[service]["Actions"][operation.lower()]
            if statement.get("Resource") == "*" and "Principal" not in statement:
                assert "Resources" not in entry or service == "logs", action
