"""The SAM template makes what `serverless.yaml` makes, from published versions."""

import json
from functools import cache
from typing import Any

import pytest
from samtranslator.translator.transform import transform  # type: ignore[import-untyped] # no types

from tests.deploy.grants import Grant, granted
from tests.deploy.permission_source import PURPOSES, grants_of, resources_in
from tests.deploy.templates import Template, deployed, load

GIVEN = {
    **dict.fromkeys(
        (
            "AllowedHeaders",
            "AllowedOrigins",
            "HttpDomainName",
            "JwtAudience",
            "JwtIssuer",
            "JwtScopePrefix",
            "JwtScopesClaim",
            "JwtSecretArn",
            "LinkKeysSecretArn",
            "PublicUrl",
            "SignInAudience",
            "SignInClientId",
            "SocketDomainName",
            "SocketUrl",
            "TriggerFunctionArn",
            "WebhookSecretsSecretArn",
        ),
        "",
    ),
    "Auth": "api-key",
    "HistoryReadsPerS": "1",
    "HttpRatePerS": "200",
    "SignInScopes": "openid",
    "SocketRatePerS": "200",
}
"""What the SAM template has decided, which `serverless.yaml` asks for."""

DEFAULTS = {"", "openid", "start"}
"""Of settings that the SAM template leaves out."""

TRACES = "HANDRAIL_TRACES", "OTEL_"
"""What begins so is for a collector, which the SAM template doesn't run."""

BY_SAM = {"Logs", "Nudges", "Traces"}
"""Statements that AWS's managed policies stand for, which SAM attaches by itself."""

ATTACHED = {
    "HttpFunction": {"service-role/AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"},
    "LiveFunction": {
        "service-role/AWSLambdaBasicExecutionRole",
        "AWSXrayWriteOnlyAccess",
        "service-role/AWSLambdaSQSQueueExecutionRole",
    },
}
"""Those policies: lines, traces, messages of a queue."""

NOT_ASKED_FOR = ("StateMachineKeyArns", "TriggerFunctionArn", "CallbacksKeyArn")
"""Parameters of `serverless.yaml` alone: it starts by itself, and AWS's own key encrypts."""

FUNCTIONS = [("HttpFunction", "http-function"), ("LiveFunction", "live-function")]
SAME = [
    "ConnectRoute",
    "DisconnectRoute",
    "EnvironmentKey",
    "HttpApi",
    "HttpRoute",
    "MessageRoute",
    "NudgeDeadLetters",
    "NudgeQueue",
    "SocketApi",
    "Table",
]


def sam() -> Template:
    return deployed("sam/template")


def serverless() -> Template:
    return deployed("serverless", **GIVEN)


def function(id: str) -> dict[str, Any]:
    """With what `Globals` says of every function."""
    template = sam()
    shared = template.resolve(load("sam/template")["Globals"]["Function"])
    own = template.properties(id)
    variables = shared["Environment"]["Variables"] | own["Environment"]["Variables"]
    found: dict[str, Any] = shared | own | {"Environment": {"Variables": variables}}
    return found


class NoPolicies:
    """What SAM asks for managed policies that a template names: none is named."""

    def load(self) -> dict[str, str]:
        return {}


@cache
def transformed() -> Template:
    """What CloudFormation makes of it, by AWS's own transform."""
    raw = load("sam/template")
    raw["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"  # as `sam deploy` uploads it
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        return Template(json.loads(json.dumps(transform(raw, {}, NoPolicies()))))


@pytest.mark.parametrize(("id", "role"), FUNCTIONS)
def test_a_function_may_do_what_the_source_says(id: str, role: str) -> None:
    template = transformed()
    names = resources_in(template, "") | {name: list[str]() for name in NOT_ASKED_FOR}
    left = {
        (action, resource)
        for statements in PURPOSES.values()
        for each in statements
        if each["Sid"] in BY_SAM
        for action in each["Action"]
        for resource in names[each["Resource"]]
    }
    attached: set[Grant] = {("policy:", f"arn:aws:iam::aws:policy/{name}") for name in ATTACHED[id]}

    assert granted(template, f"{id}Role") == grants_of(role, names) - left | attached
    assert template.properties(id)["Role"] == f"<{id}Role.Arn>"


def test_everybody_who_invokes_a_function_reaches_its_alias() -> None:
    template = transformed()
    aliases = {
        id: alias["FunctionVersion"].removeprefix("<").removesuffix(".Version>")
        for id, alias in template.of("Lambda::Alias")
    }
    reached = [
        *(each["FunctionName"] for _, each in template.of("Lambda::Permission")),
        *(each["FunctionName"] for _, each in template.of("Lambda::EventSourceMapping")),
        *(each["Targets"][0]["Arn"] for _, each in template.of("Events::Rule")),
        *(each["IntegrationUri"] for _, each in template.of("ApiGatewayV2::Integration")),
    ]

    assert len(reached) == 8
    assert all(any(f"<{alias}>" in each for alias in aliases) for each in reached)
    for alias, version in aliases.items():
        function = template.properties(version)["FunctionName"].strip("<>")
        assert alias == f"{function}Aliascurrent"
        assert template.properties(function)["SnapStart"] == {"ApplyOn": "PublishedVersions"}
        assert template.resources[version]["DeletionPolicy"] == "Delete"


def test_no_resource_waits_for_itself() -> None:
    """As an API of SAM's would, whose definition names the function that is told its address."""
    resources = transformed().resources
    named = {
        id: {
            other
            for other in resources
            if f"<{other}>" in (text := json.dumps(each)) or f"<{other}." in text
        }
        for id, each in resources.items()
    }

    left = dict(named)
    while free := {id for id, others in left.items() if not others & left.keys()}:
        left = {id: others for id, others in left.items() if id not in free}
    assert left == {}


@pytest.mark.parametrize(("id", "role"), FUNCTIONS)
def test_a_function_is_told_the_same(id: str, role: str) -> None:
    mine = function(id)["Environment"]["Variables"]
    its = serverless().properties(id)["Environment"]["Variables"]

    assert {name: value.rstrip(",") for name, value in its.items() if name in mine} == mine
    left_out = {name: value for name, value in its.items() if name not in mine}
    assert {value for name, value in left_out.items() if not name.startswith(TRACES)} <= DEFAULTS


@pytest.mark.parametrize(("id", "role"), FUNCTIONS)
def test_a_function_runs_the_same_way(id: str, role: str) -> None:
    mine, its = function(id), serverless().properties(id)

    for name in ("Architectures", "FunctionName", "Handler", "KmsKeyArn", "MemorySize", "Runtime"):
        assert mine[name] == its[name]
    assert mine["Timeout"] == its["Timeout"]
    assert mine["CodeUri"] == f"../{its['Code']}"
    assert mine["Tracing"] == its["TracingConfig"]["Mode"]
    concurrency = f"{id.removesuffix('Function')}Concurrency"
    default = load("serverless")["Parameters"][concurrency]["Default"]
    assert mine["ReservedConcurrentExecutions"] == default


@pytest.mark.parametrize(("id", "role"), FUNCTIONS)
def test_callers_reach_a_version_that_goes_on_from_a_snapshot(id: str, role: str) -> None:
    """Every change of it publishes another, and the one before goes."""
    mine = function(id)
    template = sam()

    assert mine["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert mine["AutoPublishAlias"]
    assert mine["AutoPublishAliasAllProperties"]
    assert mine["VersionDeletionPolicy"] == "Delete"
    kind = id.removesuffix("Function").replace("Live", "Socket")
    assert f"<{id}.Alias>" in template.properties(f"{kind}Integration")["IntegrationUri"]
    assert template.properties(f"{kind}Permission")["FunctionName"] == f"<{id}.Alias>"


@pytest.mark.parametrize("id", SAME)
def test_what_stands_beside_the_functions_is_the_same(id: str) -> None:
    assert sam().properties(id) == serverless().properties(id)


@pytest.mark.parametrize("kind", ["Http", "Socket"])
def test_who_may_invoke_and_how_often_is_the_same(kind: str) -> None:
    mine, its = sam(), serverless()

    for name in ("Action", "Principal", "SourceArn"):
        id = f"{kind}Permission"
        assert mine.properties(id)[name] == its.properties(id)[name]
    limits = its.properties(f"{kind}Stage")["DefaultRouteSettings"]
    for name, value in mine.properties(f"{kind}Stage")["DefaultRouteSettings"].items():
        assert str(value) == limits[name]


def test_the_functions_events_are_the_same() -> None:
    events, its = function("LiveFunction")["Events"], serverless()
    source = its.properties("NudgeSource")
    invocations = its.properties("LiveInvocations")

    nudges = events["Nudges"]["Properties"]
    assert nudges["Queue"] == source["EventSourceArn"]
    assert nudges["BatchSize"] == source["BatchSize"]
    assert nudges["FunctionResponseTypes"] == source["FunctionResponseTypes"]
    concurrency = load("serverless")["Parameters"]["NudgeConcurrency"]["Default"]
    assert nudges["ScalingConfig"] == {"MaximumConcurrency": concurrency}
    assert events["Tick"]["Properties"]["Schedule"] == its.properties("Tick")["ScheduleExpression"]
    told = function("LiveFunction")["EventInvokeConfig"]
    assert {name: invocations[name] for name in told} == told


def test_the_queue_of_callbacks_is_read_by_the_same_function_in_the_same_way() -> None:
    mine, its = dict(sam().properties("CallbacksSource")), serverless()
    source = dict(its.properties("CallbacksSource"))
    concurrency = load("serverless")["Parameters"]["CallbackConcurrency"]["Default"]

    assert mine.pop("FunctionName") == "<HttpFunction.Alias>"
    assert source.pop("FunctionName") == "<HttpFunction>"
    assert mine.pop("ScalingConfig") == {"MaximumConcurrency": concurrency}
    assert source.pop("ScalingConfig") == {"MaximumConcurrency": "<CallbackConcurrency>"}
    assert mine == source


def test_the_other_templates_find_the_same_outputs() -> None:
    assert sam().outputs.keys() == serverless().outputs.keys()
