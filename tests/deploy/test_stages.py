"""Two stages stand beside each other in one account and region: every name tells them apart."""

import json
from typing import Any

import pytest

from deploy.stages.reduced import without_unknown
from tests.deploy.templates import NAMES, Template, deployed, load

STAGE = "stage-x"
NAMED_WITHIN = {"PolicyName", "StageName", "DomainName", "MetricName", "ServiceName"}
"""Names within another resource alone, of metrics and services, and of domains, which are given."""

OF_A_STAGE = [name for name in NAMES if name != "endpoints"]
"""Endpoints are a VPC's; they have no names."""


def names(template: Template) -> dict[str, str]:
    """The names that resources are given, by resource and property; others make AWS up."""
    return {
        f"{id}.{key}": value
        for id, resource in template.resources.items()
        for key, value in resource.get("Properties", {}).items()
        if key.endswith(("Name", "Family")) and key not in NAMED_WITHIN
        if not value.startswith("<")  # another resource's
    }


@pytest.mark.parametrize("name", OF_A_STAGE)
def test_every_name_has_the_stage(name: str) -> None:
    found = names(deployed(name, Environment=STAGE))

    assert found
    assert {where: text for where, text in found.items() if STAGE not in text} == {}


@pytest.mark.parametrize("name", OF_A_STAGE)
def test_the_stage_dev_shares_no_name_with_another(name: str) -> None:
    dev, other = names(deployed(name)), names(deployed(name, Environment=STAGE))

    assert dev.keys() == other.keys()
    assert not set(dev.values()) & set(other.values())


@pytest.mark.parametrize("name", NAMES)
def test_no_partition_stands_in_a_template(name: str) -> None:
    assert "arn:aws:" not in json.dumps(load(name)["Resources"])


@pytest.mark.parametrize("name", NAMES)
def test_rules_keep_to_the_functions_that_rules_may_have(name: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html"""
    allowed = {"Fn::And", "Fn::Contains", "Fn::Equals", "Fn::Not", "Fn::Or", "Ref"}

    assert functions(load(name).get("Rules", {})) <= allowed


def functions(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(functions, value))
    if not isinstance(value, dict):
        return set()
    own = {key for key in value if key == "Ref" or key.startswith("Fn::")}
    return own.union(*map(functions, value.values()))


def test_what_the_emulator_does_not_know_is_taken_out_and_referred_to_by_its_arn() -> None:
    raw = load("state-machines")

    left, out = without_unknown(raw)

    assert out == ["DocumentReviewActivity"]
    arn = "arn:aws:states:eu-west-1:111122223333:activity:document-review-stage-x"
    template = Template(left, Environment=STAGE)
    given = template.properties("DocumentReview")["DefinitionSubstitutions"]
    assert given["DocumentReviewActivityArn"] == arn
    assert "DocumentReviewActivity" in raw["Resources"]


def test_nothing_waits_for_what_was_taken_out() -> None:
    left, out = without_unknown(load("container"))

    assert "BalancerToTasks" in out
    assert left["Resources"]["Service"]["DependsOn"] == ["Listener"]
