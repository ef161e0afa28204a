"""The Terraform module holds together, and makes what `container.yaml` makes."""

import re
from collections.abc import Mapping
from typing import Any

import hcl2
import pytest

from handrail.core.definition import substitution
from tests.deploy.permission_source import PURPOSES, ROLES, statements
from tests.deploy.templates import DEPLOY, ROOT, Template, deployed, load
from tests.deploy.terraform import (
    EXAMPLE,
    MODULE,
    blocks,
    declared,
    local_values,
    referred_to,
)

CONTAINER = load("container")
RESOURCES = blocks(MODULE, "resource")
MADE = {
    "${aws_dynamodb_table.tickets.name}": "<Table>",
    "${aws_cloudwatch_log_group.container.name}": "<LogGroup>",
    "${local.region}": "eu-west-1",
    '${join(",", var.state_machine_arns)}': "<StateMachineArns>",
    '${var.trigger_function_arn == "" ? "start" : "lambda"}': "lambda",
    "${tostring(var.traces_ratio)}": "<TracesRatio>",
    "${tostring(var.then_depth)}": "<ThenDepth>",
    '${var.traces_collector_image == "" ? null : '
    '[{containerName = "collector", condition = "START"}]}': [
        {"containerName": "collector", "condition": "START"}
    ],
    '${join("", local.bus_url)}': "rediss+cluster://<Cache.Endpoint.Address>:<Cache.Endpoint.Port>",
}
"""What the module makes, or works out, as the template has it."""

MOST_BYTES = 51_200
"""Of a template that is sent as it is:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


SYMBOLS = {f"${{var.{snake(name)}}}": f"<{name}>" for name in CONTAINER["Parameters"]} | MADE
PARAMETERS = {name: f"<{name}>" for name in CONTAINER["Parameters"]}


def template() -> Template:
    """Every parameter given as its symbol, so that each can be told apart."""
    return deployed("container", **PARAMETERS | {"BusCache": "true"})


def as_template(value: Any) -> Any:
    """A value of the module as the template has it, references by their symbols."""
    if isinstance(value, Mapping):
        return {name: as_template(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_template(each) for each in value]
    return SYMBOLS.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("folder", [MODULE, EXAMPLE], ids=["module", "example"])
def test_what_is_referred_to_is_there_and_every_variable_is_used(folder: Any) -> None:
    names, used = declared(folder), referred_to(folder)

    assert used - names == set()
    values = {name for name in names if name.startswith(("var.", "local.", "data."))}
    assert values - used == set()


def test_the_modules_variables_are_the_templates_parameters_with_the_same_defaults() -> None:
    variables = blocks(MODULE, "variable")
    expected = {
        snake(name): about.get("Default") for name, about in CONTAINER["Parameters"].items()
    }
    lists = {name for name, about in variables.items() if about["type"] == "${list(string)}"}
    booleans = {name for name, about in variables.items() if about["type"] == "bool"}

    found = {name: about.get("default") for name, about in variables.items()}

    for name in lists & expected.keys():
        expected[name] = None if expected[name] is None else []
    for name in booleans:
        expected[name] = expected[name] == "true"
    assert found == expected


def test_a_variable_refuses_what_its_parameter_refuses() -> None:
    said = {
        name: str(about.get("validation", "")) for name, about in blocks(MODULE, "variable").items()
    }
    for name, about in CONTAINER["Parameters"].items():
        text = said[snake(name)]
        if pattern := about.get("AllowedPattern"):
            assert pattern.replace("\\", "\\\\") in text.replace("\\\\\\\\", "\\\\"), name
        for bound in ("MinValue", "MaxValue"):
            assert str(about.get(bound, "")) in text, name
        if (allowed := about.get("AllowedValues")) and allowed != ["true", "false"]:
            assert all(str(each) in text for each in allowed), name


def test_a_task_is_told_the_same() -> None:
    task, _ = template().properties("TaskDefinition")["ContainerDefinitions"]
    told = local_values(MODULE)

    assert as_template(told["environment"] | told["tracing"]) == {
        each["Name"]: each["Value"] for each in task["Environment"]
    }
    assert as_template(told["secrets"]) == {
        each["Name"]: each["ValueFrom"] for each in task["Secrets"]
    }


def test_a_task_is_made_the_same() -> None:
    service, collector = template().properties("TaskDefinition")["ContainerDefinitions"]
    told = local_values(MODULE)
    made = dict(told["handrail"])

    assert "in local.secrets :" in made.pop("secrets")
    assert "in merge(local.environment, " in made.pop("environment")
    left = {"Environment", "Secrets"}
    assert as_template(made) == lower({k: v for k, v in service.items() if k not in left})
    assert as_template(told["collector"]) == lower(collector)


def test_the_collector_its_variables_and_its_permission_come_with_its_image_alone() -> None:
    told, task = local_values(MODULE), RESOURCES["aws_ecs_task_definition.task"]
    with_one = "[for image in local.collectors : local."

    assert told["collectors"] == "${compact([var.traces_collector_image])}"
    assert f"concat([local.handrail], {with_one}collector])" in task["container_definitions"]
    assert f"merge(local.environment, {with_one}tracing] ...)" in told["handrail"]["environment"]
    assert told["resources"]["TracesCollectorImage"] == "${local.collectors}"


def lower(value: Any) -> Any:
    """`HealthCheck` as `healthCheck`, which is how ECS's own API has it."""
    if isinstance(value, list):
        return [lower(each) for each in value]
    if isinstance(value, Mapping):
        return {name[0].lower() + name[1:]: lower(each) for name, each in value.items()}
    return value


SAME = {
    "aws_lb_target_group.tasks": (
        "TargetGroup",
        {
            "target_type": "TargetType",
            "protocol": "Protocol",
            "port": "Port",
            "health_check.path": "HealthCheckPath",
            "health_check.interval": "HealthCheckIntervalSeconds",
            "health_check.timeout": "HealthCheckTimeoutSeconds",
            "health_check.healthy_threshold": "HealthyThresholdCount",
            "health_check.unhealthy_threshold": "UnhealthyThresholdCount",
            "health_check.matcher": "Matcher.HttpCode",
            "deregistration_delay": "@deregistration_delay.timeout_seconds",
            "load_balancing_algorithm_type": "@load_balancing.algorithm.type",
            "stickiness.enabled": "@stickiness.enabled",
        },
    ),
    "aws_lb.balancer": (
        "Balancer",
        {
            "load_balancer_type": "Type",
            "idle_timeout": "@idle_timeout.timeout_seconds",
            "drop_invalid_header_fields": "@routing.http.drop_invalid_header_fields.enabled",
            "desync_mitigation_mode": "@routing.http.desync_mitigation_mode",
            "enable_deletion_protection": "@deletion_protection.enabled",
        },
    ),
    "aws_lb_listener.https": (
        "Listener",
        {"port": "Port", "protocol": "Protocol", "ssl_policy": "SslPolicy"},
    ),
    "aws_ecs_service.service": (
        "Service",
        {
            "launch_type": "LaunchType",
            "health_check_grace_period_seconds": "HealthCheckGracePeriodSeconds",
            "enable_execute_command": "EnableExecuteCommand",
            "deployment_minimum_healthy_percent": "DeploymentConfiguration.MinimumHealthyPercent",
            "deployment_maximum_percent": "DeploymentConfiguration.MaximumPercent",
            "deployment_circuit_breaker.rollback": (
                "DeploymentConfiguration.DeploymentCircuitBreaker.Rollback"
            ),
        },
    ),
    "aws_ecs_task_definition.task": (
        "TaskDefinition",
        {
            "cpu": "Cpu",
            "memory": "Memory",
            "network_mode": "NetworkMode",
            "runtime_platform.cpu_architecture": "RuntimePlatform.CpuArchitecture",
        },
    ),
    "aws_appautoscaling_target.tasks": (
        "Scaling",
        {"min_capacity": "MinCapacity", "max_capacity": "MaxCapacity"},
    ),
    "aws_appautoscaling_policy.cpu": (
        "ScalingOnCpu",
        {
            f"target_tracking_scaling_policy_configuration.{mine}": (
                f"TargetTrackingScalingPolicyConfiguration.{its}"
            )
            for mine, its in (
                ("target_value", "TargetValue"),
                ("scale_out_cooldown", "ScaleOutCooldown"),
                ("scale_in_cooldown", "ScaleInCooldown"),
                (
                    "predefined_metric_specification.predefined_metric_type",
                    "PredefinedMetricSpecification.PredefinedMetricType",
                ),
            )
        },
    ),
    "aws_appautoscaling_policy.connections": (
        "ScalingOnConnections",
        {
            f"target_tracking_scaling_policy_configuration.{mine}": (
                f"TargetTrackingScalingPolicyConfiguration.{its}"
            )
            for mine, its in (
                ("target_value", "TargetValue"),
                ("scale_in_cooldown", "ScaleInCooldown"),
                (
                    "customized_metric_specification.metrics.2.expression",
                    "CustomizedMetricSpecification.Metrics.2.Expression",
                ),
                (
                    "customized_metric_specification.metrics.0.metric_stat.metric.metric_name",
                    "CustomizedMetricSpecification.Metrics.0.MetricStat.Metric.MetricName",
                ),
            )
        },
    ),
    "aws_dynamodb_table.tickets": (
        "Table",
        {
            "billing_mode": "BillingMode",
            "hash_key": "KeySchema.0.AttributeName",
            "range_key": "KeySchema.1.AttributeName",
            "ttl.attribute_name": "TimeToLiveSpecification.AttributeName",
            **{
                f"global_secondary_index.{mine}": f"GlobalSecondaryIndexes.0.{its}"
                for mine, its in (
                    ("name", "IndexName"),
                    ("hash_key", "KeySchema.0.AttributeName"),
                    ("range_key", "KeySchema.1.AttributeName"),
                    ("projection_type", "Projection.ProjectionType"),
                )
            },
        },
    ),
    "aws_elasticache_serverless_cache.bus": (
        "Cache",
        {
            "engine": "Engine",
            "major_engine_version": "MajorEngineVersion",
            "cache_usage_limits.data_storage.maximum": "CacheUsageLimits.DataStorage.Maximum",
            "cache_usage_limits.ecpu_per_second.maximum": "CacheUsageLimits.ECPUPerSecond.Maximum",
        },
    ),
    "aws_cloudwatch_log_group.container": (
        "LogGroup",
        {"retention_in_days": "RetentionInDays"},
    ),
}
"""Module's resource → the template's, and attribute → property; `@` an attribute by its key."""


@pytest.mark.parametrize(
    ("mine", "its", "attribute", "property"),
    [
        pytest.param(mine, its, attribute, property, id=f"{mine}.{attribute}")
        for mine, (its, pairs) in SAME.items()
        for attribute, property in pairs.items()
    ],
)
def test_numbers_and_ways_are_the_templates(
    mine: str, its: str, attribute: str, property: str
) -> None:
    found = as_template(at(RESOURCES[mine], attribute))

    assert text(found) == text(of_property(template().properties(its), property))


def at(value: Any, path: str) -> Any:
    """A block that stands once is a list of one."""
    for key in path.split("."):
        if isinstance(value, list) and not key.isdigit():
            [value] = value
        value = value[int(key) if isinstance(value, list) else key]
    return value


def of_property(properties: Mapping[str, Any], path: str) -> Any:
    if not path.startswith("@"):
        return at(properties, path)
    attributes = next(properties[key] for key in properties if key.endswith("Attributes"))
    [found] = [each["Value"] for each in attributes if each["Key"] == path.removeprefix("@")]
    return found


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


PORTS = {
    "aws_vpc_security_group_ingress_rule.clients": (443, 443),
    "aws_vpc_security_group_egress_rule.balancer_to_tasks": (8000, 8000),
    "aws_vpc_security_group_ingress_rule.tasks_from_balancer": (8000, 8000),
    "aws_vpc_security_group_egress_rule.tasks_to_aws": (443, 443),
    "aws_vpc_security_group_ingress_rule.cache_from_tasks": (6379, 6380),
    "aws_vpc_security_group_egress_rule.tasks_to_cache": (6379, 6380),
    "aws_vpc_security_group_egress_rule.tasks_to_bus": ("${var.bus_port}", "${var.bus_port}"),
}


def test_security_groups_let_the_same_through_and_nothing_else() -> None:
    rules = {name: rule for name, rule in RESOURCES.items() if "security_group_" in name}
    mine = sorted((text(as_template(r["from_port"])), rule_peer(r)) for r in rules.values())

    assert {name: (rule["from_port"], rule["to_port"]) for name, rule in rules.items()} == PORTS
    assert [peer for _, peer in mine if peer in ("<ClientCidr>", "0.0.0.0/0", "<BusCidr>")] == [
        "0.0.0.0/0",
        "<ClientCidr>",
        "<BusCidr>",
    ]


def rule_peer(rule: Mapping[str, Any]) -> str:
    return str(as_template(rule.get("cidr_ipv4", rule.get("referenced_security_group_id"))))


def test_roles_are_given_what_the_source_says_of_them() -> None:
    told = local_values(MODULE)["statements"]

    assert 'for role in ["task", "task-execution"] : role =>' in told
    for id, role in (("task", "task"), ("task_execution", "task-execution")):
        policy = RESOURCES[f"aws_iam_role_policy.{id}"]
        assert role in ROLES
        assert f'local.statements["{role}"]' in policy["policy"]
        assert policy["role"] == f"${{aws_iam_role.{id}.id}}"
    task = RESOURCES["aws_ecs_task_definition.task"]
    assert task["task_role_arn"] == "${aws_iam_role.task.arn}"
    assert task["execution_role_arn"] == "${aws_iam_role.task_execution.arn}"


def test_every_resource_of_a_statement_is_bound_to_what_it_names() -> None:
    bound = local_values(MODULE)["resources"]
    wanted = {
        name
        for role in ("task", "task-execution")
        for each in statements(role)
        for name in (each["Resource"], each.get("With", "*"))
    }

    assert bound.keys() == wanted
    made = {"*", "TableArn", "DueIndexArn", "LogGroupArn", "SecretArns", "TracesCollectorImage"}
    for name in wanted - made:
        assert f"var.{snake(name)}" in bound[name]
    assert bound["*"] == ["*"]
    assert bound["SecretArns"] == "${compact(values(local.secrets))}"


def test_the_example_gives_the_module_all_that_it_must_be_given() -> None:
    given = blocks(EXAMPLE, "module")["handrail"].keys() - {"source"}
    variables = blocks(MODULE, "variable")

    assert given <= variables.keys()
    assert {name for name, about in variables.items() if "default" not in about} <= given


def test_the_readme_gives_the_module_all_that_it_must_be_given() -> None:
    text = (MODULE / "README.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```hcl\n(.*?)```", text, re.DOTALL)
    [module] = hcl2.loads(code)["module"]
    given = next(iter(module.values())).keys() - {"source", "__is_block__"}
    variables = blocks(MODULE, "variable")

    assert given <= variables.keys()
    assert {name for name, about in variables.items() if "default" not in about} <= given


def test_the_example_takes_outputs_that_the_module_has() -> None:
    text = (EXAMPLE / "main.tf").read_text(encoding="utf-8")
    taken = set(re.findall(r"module\.handrail\.(\w+)", text))

    assert taken
    assert taken <= blocks(MODULE, "output").keys()


@pytest.mark.parametrize("id", ["push", "alarms"])
def test_a_stack_of_the_example_is_given_its_templates_parameters(id: str) -> None:
    stack, raw = blocks(EXAMPLE, "resource")[f"aws_cloudformation_stack.{id}"], load(id)

    given = stack["parameters"].keys()
    assert given <= raw["Parameters"].keys()
    assert {name for name, about in raw["Parameters"].items() if "Default" not in about} <= given
    capabilities = stack.get("capabilities", [])
    kinds = {each["Type"] for each in raw["Resources"].values()}
    assert ("CAPABILITY_AUTO_EXPAND" in capabilities) == ("Transform" in raw)
    assert ("CAPABILITY_IAM" in capabilities) == ("AWS::IAM::Role" in kinds)


def test_the_alarms_are_told_everything_of_a_container() -> None:
    """The template refuses a part of it."""
    stack, raw = blocks(EXAMPLE, "resource")["aws_cloudformation_stack.alarms"], load("alarms")
    asked = [
        each["Fn::Not"][0]["Fn::Equals"][0]["Ref"]
        for each in raw["Rules"]["ContainerIsWhole"]["Assertions"][0]["Assert"]["Fn::And"]
    ]

    assert set(asked) <= stack["parameters"].keys()


@pytest.mark.parametrize("id", ["push", "alarms"])
def test_a_template_that_is_too_long_to_be_sent_is_put_into_a_bucket(id: str) -> None:
    made = blocks(EXAMPLE, "resource")
    stack, path = made[f"aws_cloudformation_stack.{id}"], f"${{local.deploy}}/{id}.yaml"

    if "template_body" in stack:
        assert stack["template_body"] == f'${{file("{path}")}}'
        assert (DEPLOY / f"{id}.yaml").stat().st_size <= MOST_BYTES
    else:
        assert f"/${{aws_s3_object.{id}.key}}" in stack["template_url"]
        assert made[f"aws_s3_object.{id}"]["source"] == path


def test_the_example_takes_outputs_that_its_stacks_have() -> None:
    text = (EXAMPLE / "main.tf").read_text(encoding="utf-8")

    for output in re.findall(r'stack\.push\.outputs\["(\w+)"\]', text):
        assert output in load("push")["Outputs"]


def test_terraform_fills_in_the_definition_as_we_do() -> None:
    machine = blocks(EXAMPLE, "resource")["aws_sfn_state_machine.document_review"]
    [path] = re.findall(r"\$\{local\.deploy\}/\.\./([\w./-]+)", machine["definition"])
    definition = (ROOT / path).read_text(encoding="utf-8")
    [given] = re.findall(r"\{(\w+) = aws_sfn_activity", machine["definition"])

    assert set(substitution.names(definition)) == {given}
    assert "%{" not in definition


def test_the_example_reads_the_permissions_of_a_state_machine() -> None:
    policy = blocks(EXAMPLE, "resource")["aws_iam_role_policy.executions"]["policy"]

    assert 'local.permissions.roles["state-machine"]' in policy
    assert all(set(each) == {"Sid", "Action", "Resource"} for each in PURPOSES["observed"])
