"""What each role has to grant, worked out from the code and from who assumes it."""

import ast
import json
from collections.abc import Iterator
from typing import Any

from handrail.core.definition.substitution import substitute
from tests.deploy.grants import Grant
from tests.deploy.templates import ROOT, Template
from tests.deploy.uses import Use, errors_of, http_method, uses

WAYS_IN = {
    ("container", "TaskRole"): ("handrail.entrypoints.serve",),
    ("serverless", "HttpRole"): (
        "handrail.aws_lambda.http_events",
        "handrail.aws_lambda.callback_batches",
    ),
    ("serverless", "LiveRole"): ("handrail.aws_lambda.live_events",),
}
"""The roles that the service itself runs under, and the modules it runs from."""

RENAMED = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "execute-api:PostToConnection": "execute-api:ManageConnections",
    "execute-api:DeleteConnection": "execute-api:ManageConnections",
}
"""Operations whose action has another name; all others share it.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

PREFIXES = {"stepfunctions": "states", "apigatewaymanagementapi": "execute-api"}

CONNECTIONS = (
    "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"
    "${SocketApi}/live/METHOD/@connections/*"
)

NEEDS_NOTHING = Use("sts", "GetCallerIdentity")

STATES_RESOURCES = {
    "ListStateMachines": "*",
    "DescribeStateMachine": "<StateMachineArns>",
    "DescribeStateMachineAlias": "<StateMachineArns>",
    "ListStateMachineAliases": "<StateMachineArns>",
    "ListStateMachineVersions": "<StateMachineArns>",
    "ListExecutions": "<StateMachineArns>",
    "StartExecution": "<StateMachineArns>",
    "StartSyncExecution": "<StateMachineArns>",
    "SendTaskSuccess": "<TaskArns>",
    "SendTaskFailure": "<TaskArns>",
    "SendTaskHeartbeat": "<TaskArns>",
}
"""What else there is is about executions."""

SQS_RESOURCES = {
    "nudges": "<NudgeQueue.Arn>",
    "callbacks": "<CallbacksQueueArn>",
    "dead callbacks": "<CallbacksDeadLettersArn>",
    "news": "<NewsQueueArns>",
}
"""A queue under a KMS key of one's own takes both rights on it of who reads and of who sends:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"""

LOG_DELIVERY = {
    f"logs:{name}"
    for name in (
        "CreateLogDelivery",
        "DeleteLogDelivery",
        "DescribeLogGroups",
        "DescribeResourcePolicies",
        "GetLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "UpdateLogDelivery",
    )
}
"""https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"""

TRACES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
"""https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html"""

SAMPLED_TRACES = TRACES | {"xray:GetSamplingRules", "xray:GetSamplingTargets"}
"""https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html"""

ENCRYPTION = {"kms:Decrypt", "kms:GenerateDataKey"}
"""https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html"""

QUEUE_SOURCE = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""

PULL = {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
API_GATEWAY_LOGS = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"


def needed(name: str, template: Template, role: str) -> tuple[str, set[Grant]]:
    """Who assumes the role, and what it then does."""
    code = {
        grant
        for use in (uses(*WAYS_IN[name, role]) if (name, role) in WAYS_IN else ())
        if use.service != "kinesis" or _reads_a_stream(template)
        if not use.news or _sends_news(template)
        for grant in grants_for(template, use)
    }
    for users in (_function, _tasks, _state_machine, _api_gateway, _subscription, _rule):
        if (found := users(template, role)) is not None:
            service, grants = found
            return service, grants | code
    raise AssertionError(f"Nobody assumes {role}.")


def grants_for(template: Template, use: Use) -> Iterator[Grant]:
    if use == NEEDS_NOTHING:
        return
    prefix = PREFIXES.get(use.service, use.service)
    action = f"{prefix}:{use.operation}"
    action = RENAMED.get(action, action)
    if use.service in {"sqs", "sns", "events"}:
        yield from _of_messages(action, use)
        return
    match use.service:
        case "stepfunctions" if use.map_run:
            yield action, "<MapRunArns>"
        case "stepfunctions":
            yield from ((each, "<StateMachineKeyArns>") for each in _encryption(use))
            yield action, STATES_RESOURCES.get(use.operation, "<ExecutionArns>")
        case "dynamodb":
            yield action, "<Table.Arn>/index/due" if use.index else "<Table.Arn>"
        case "kinesis":
            yield action, "<EventsStreamArn>"
            yield "kms:Decrypt", "<EventsStreamKeyArn>"
        case "lambda":
            yield action, "<TriggerFunctionArn>"
        case "apigatewaymanagementapi":
            api = template.resolve({"Fn::Sub": CONNECTIONS})
            yield action, api.replace("METHOD", http_method(use))


def _of_messages(action: str, use: Use) -> Iterator[Grant]:
    """An event bus encrypts by itself; https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
    queue = SQS_RESOURCES.get(use.queue)
    yield action, queue or {"sns": "<NewsTopicArns>", "events": "<NewsBusArns>"}[use.service]
    if "callbacks" in use.queue:
        yield from ((each, "<CallbacksKeyArn>") for each in ENCRYPTION)
    elif use.news and use.service != "events":
        yield from ((each, "<NewsKeyArns>") for each in ENCRYPTION)


def _encryption(use: Use) -> set[str]:
    """What a call about a state machine with a KMS key needs, where it may fail for it by the
    model; what hands something in encrypts it."""
    if "KmsAccessDeniedException" not in errors_of(use):
        return set()
    hands_in = use.operation.startswith(("Start", "Stop", "Send"))
    return ENCRYPTION if hands_in else {"kms:Decrypt"}


def _reads_a_stream(template: Template) -> bool:
    """Nothing is read without the setting."""
    told = {
        each["Name"]
        for _, task in template.of("ECS::TaskDefinition")
        for container in task["ContainerDefinitions"]
        for each in container.get("Environment", ())
    }
    for _, function in template.of("Lambda::Function"):
        told |= function["Environment"]["Variables"].keys()
    return "HANDRAIL_EVENTS_STREAM" in told


def _sends_news(template: Template) -> bool:
    """No function has news to show: it is frozen between its events, so that none is sent."""
    return any(template.of("ECS::TaskDefinition"))


def _function(template: Template, role: str) -> tuple[str, set[Grant]] | None:
    """The function's platform: its log, its traces, its environment, its queues."""
    for id, function in template.of("Lambda::Function"):
        if function["Role"] != f"<{role}.Arn>":
            continue
        group = function["LoggingConfig"]["LogGroup"].strip("<>")
        found = _log_lines(f"<{group}.Arn>")
        if function["TracingConfig"]["Mode"] == "Active":
            found |= {(action, "*") for action in TRACES}
        if key := function.get("KmsKeyArn"):
            found.add(("kms:Decrypt", key))
        for _, source in template.of("Lambda::EventSourceMapping"):
            if source["FunctionName"] == f"<{id}>":
                found |= {(action, source["EventSourceArn"]) for action in QUEUE_SOURCE}
        if function["Handler"] == "trigger.handler":
            found |= _trigger(template)
        return "lambda.amazonaws.com", found
    return None


def _trigger(template: Template) -> set[Grant]:
    """`trigger.py` calls one state machine; what it calls stands in it as methods and names."""
    tree = ast.parse((ROOT / "state_machines/orchestration/trigger.py").read_text("utf-8"))
    words = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} | {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)
    }
    resources = {
        "list_state_machines": ("states:ListStateMachines", "*"),
        "start_execution": ("states:StartExecution", "<Orchestration>"),
    }
    found = {grant for word, grant in resources.items() if word in words}
    encryption = template.properties("Orchestration").get("EncryptionConfiguration")
    return found | {(action, encryption["KmsKeyId"]) for action in ENCRYPTION if encryption}


def _tasks(template: Template, role: str) -> tuple[str, set[Grant]] | None:
    for _, definition in template.of("ECS::TaskDefinition"):
        if definition["TaskRoleArn"] == f"<{role}.Arn>":
            names = {container["Name"] for container in definition["ContainerDefinitions"]}
            sending = TRACES if "collector" in names else ()
            return "ecs-tasks.amazonaws.com", {(action, "*") for action in sending}
        if definition["ExecutionRoleArn"] == f"<{role}.Arn>":
            found: set[Grant] = {("ecr:GetAuthorizationToken", "*")}
            found |= {(action, "<RepositoryArn>") for action in PULL}
            for container in definition["ContainerDefinitions"]:
                group = container["LogConfiguration"]["Options"]["awslogs-group"].strip("<>")
                found |= _log_lines(f"<{group}.Arn>")
                found |= {
                    ("secretsmanager:GetSecretValue", secret["ValueFrom"])
                    for secret in container.get("Secrets", ())
                }
            return "ecs-tasks.amazonaws.com", found
    return None


def _state_machine(template: Template, role: str) -> tuple[str, set[Grant]] | None:
    for _, machine in template.of("StepFunctions::StateMachine"):
        if machine["RoleArn"] == f"<{role}.Arn>":
            found = {grant for state in states_of(machine) for grant in _task(template, state)}
            if machine["LoggingConfiguration"]["Level"] != "OFF":
                found |= {(action, "*") for action in LOG_DELIVERY}
                if machine["StateMachineType"] == "EXPRESS":
                    [destination] = machine["LoggingConfiguration"]["Destinations"]
                    found |= _log_lines(destination["CloudWatchLogsLogGroup"]["LogGroupArn"])
            if encryption := machine.get("EncryptionConfiguration"):
                found |= {(action, encryption["KmsKeyId"]) for action in ENCRYPTION}
            if machine["TracingConfiguration"]["Enabled"]:
                found |= {(action, "*") for action in SAMPLED_TRACES}
            return "states.amazonaws.com", found
    return None


def states_of(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every state of the definition, filled in with what the template gives it."""
    text = (ROOT / machine["DefinitionS3Location"].removeprefix("../")).read_text("utf-8")
    yield from _states(json.loads(substitute(text, machine["DefinitionSubstitutions"])))


def _states(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for state in definition["States"].values():
        yield state
        inner = [*state.get("Branches", ()), state.get("ItemProcessor")]
        for each in inner:
            if each:
                yield from _states(each)


def _task(template: Template, state: dict[str, Any]) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html"""
    if state["Type"] != "Task":
        return
    resource = state["Resource"]
    arguments = state.get("Parameters") or state.get("Arguments") or {}
    if ":lambda:" in resource and ":function:" in resource:
        yield "lambda:InvokeFunction", resource
    elif resource == "arn:aws:states:::lambda:invoke":
        yield "lambda:InvokeFunction", arguments["FunctionName"]
    elif resource.startswith("arn:aws:states:::sqs:sendMessage"):
        yield "sqs:SendMessage", f"<{arguments['QueueUrl'].strip('<>')}.Arn>"
    else:
        activities = {f"<{id}>" for id, _ in template.of("StepFunctions::Activity")}
        assert resource in activities, f"No permission is known for {resource}."


def _api_gateway(template: Template, role: str) -> tuple[str, set[Grant]] | None:
    for _, account in template.of("ApiGateway::Account"):
        if account["CloudWatchRoleArn"] == f"<{role}.Arn>":
            policy = f"arn:aws:iam::aws:policy/{API_GATEWAY_LOGS}"
            return "apigateway.amazonaws.com", {("policy:", policy)}
    return None


def _subscription(template: Template, role: str) -> tuple[str, set[Grant]] | None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html"""
    for _, subscription in template.of("Logs::SubscriptionFilter"):
        if subscription.get("RoleArn") == f"<{role}.Arn>":
            stream = subscription["DestinationArn"]
            return "logs.amazonaws.com", _puts(template, stream, {"kinesis:PutRecord"})
    return None


def _rule(template: Template, role: str) -> tuple[str, set[Grant]] | None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-iam-roles.html"""
    for _, rule in template.of("Events::Rule"):
        for target in rule["Targets"]:
            if target.get("RoleArn") != f"<{role}.Arn>":
                continue
            if "KinesisParameters" not in target:  # an API destination
                sends = {("events:InvokeApiDestination", target["Arn"])}
                return "events.amazonaws.com", sends
            actions = {"kinesis:PutRecord", "kinesis:PutRecords"}
            return "events.amazonaws.com", _puts(template, target["Arn"], actions)
    return None


def _puts(template: Template, stream_arn: str, actions: set[str]) -> set[Grant]:
    stream = template.properties(stream_arn.strip("<>").removesuffix(".Arn"))
    key = stream["StreamEncryption"]["KeyId"]
    return {(action, stream_arn) for action in actions} | {("kms:GenerateDataKey", key)}


def _log_lines(group: str) -> set[Grant]:
    return {("logs:CreateLogStream", group), ("logs:PutLogEvents", group)}
