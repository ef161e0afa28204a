"""The collector of traces beside the service: there for whoever names it, with what it needs."""

from typing import Any

import pytest

from tests.deploy.grants import granted
from tests.deploy.needs import TRACES
from tests.deploy.templates import Template, deployed

OFF = {"TracesCollectorImage": "", "TracesLayerArn": ""}
TOLD = {
    "HANDRAIL_TRACES": "true",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "<TracesRatio>",
}
FUNCTIONS = ("HttpFunction", "LiveFunction")


def containers(template: Template) -> dict[str, dict[str, Any]]:
    found = template.properties("TaskDefinition")["ContainerDefinitions"]
    return {each["Name"]: each for each in found}


def told(variables: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in variables.items() if "OTEL_" in name or "TRACES" in name}


def test_a_task_runs_the_collector_that_is_named_and_sends_it_what_it_traces() -> None:
    task = containers(deployed("container"))
    service, collector = task["handrail"], task["collector"]
    assert collector["Image"] == "<TracesCollectorImage>"
    # Of the image's own, which take OTLP at these ports and send to X-Ray:
    # https://github.com/aws-observability/aws-otel-collector/tree/main/config/ecs
    assert collector["Command"] == ["--config=/etc/ecs/ecs-xray.yaml"]
    assert told({each["Name"]: each["Value"] for each in service["Environment"]}) == TOLD


def test_the_service_outlives_the_collector_s_failure_and_ends_before_it() -> None:
    """A container is stopped before those it depends on:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html"""
    task = containers(deployed("container"))
    assert task["collector"]["Essential"] is False
    assert task["handrail"]["DependsOn"] == [{"ContainerName": "collector", "Condition": "START"}]


def test_a_function_has_the_layer_that_is_named_and_sends_it_what_it_traces() -> None:
    template = deployed("serverless")
    for id in FUNCTIONS:
        function = template.properties(id)
        assert function["Layers"] == ["<TracesLayerArn>"]
        assert told(function["Environment"]["Variables"]) == TOLD


@pytest.mark.parametrize(
    ("name", "role"),
    [("container", "TaskRole"), ("serverless", "HttpRole"), ("serverless", "LiveRole")],
)
def test_it_may_send_traces(name: str, role: str) -> None:
    assert {action for action, _ in granted(deployed(name), role)} >= TRACES


def test_without_one_nothing_is_traced() -> None:
    bare = deployed("container", **OFF)
    (service,) = containers(bare).values()
    assert told({each["Name"]: each["Value"] for each in service["Environment"]}) == {}
    assert "DependsOn" not in service
    assert not TRACES & {action for action, _ in granted(bare, "TaskRole")}
    functions = deployed("serverless", **OFF)
    for id in FUNCTIONS:
        function = functions.properties(id)
        assert "Layers" not in function
        assert told(function["Environment"]["Variables"]) == {}


@pytest.mark.parametrize(
    ("name", "named"), [("container", "TracesCollectorImage"), ("serverless", "TracesLayerArn")]
)
def test_it_is_off_unless_it_is_named(name: str, named: str) -> None:
    assert deployed(name).parameters[named]["Default"] == ""
