"""What resource policies have to let others do, worked out from who sends to what."""

import json
from collections.abc import Iterator

from tests.deploy.grants import Line
from tests.deploy.templates import PSEUDO, Template

ACCOUNT = PSEUDO["AWS::AccountId"]
PLACE = f"{PSEUDO['AWS::Region']}:{ACCOUNT}"

INVOKE = "lambda:InvokeFunction"

ALARM_KEY = {"kms:Decrypt", "kms:GenerateDataKey*"}
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"""


IN_CLEAR = json.dumps({"Bool": {"aws:SecureTransport": "false"}})


def needed_by_policies(template: Template) -> set[Line]:
    """What others have to be allowed: rules, alarms, API Gateway, CloudWatch Logs, the account."""
    return {
        *_of_rules(template),
        *_of_alarms(template),
        *_of_keys(template),
        *_of_apis(template),
        *_of_logs(template),
        *_of_callbacks(template),
    }


def _of_rules(template: Template) -> Iterator[Line]:
    for id, rule in template.of("Events::Rule"):
        for target in rule["Targets"]:
            if target["Arn"] == "<LiveFunction.Arn>":
                source = f"<{id}.Arn>"
                yield "<LiveFunction>", "Allow", "events.amazonaws.com", INVOKE, source
                continue
            from_rule = json.dumps({"ArnEquals": {"aws:SourceArn": f"<{id}.Arn>"}})
            queues = [] if "RoleArn" in target else [target["Arn"]]  # its role may
            if "DeadLetterConfig" in target:
                queues.append(target["DeadLetterConfig"]["Arn"])
            for queue in queues:
                yield queue, "Allow", "events.amazonaws.com", "sqs:SendMessage", from_rule
                yield queue, "Deny", "*", "sqs:*", IN_CLEAR


def _of_alarms(template: Template) -> Iterator[Line]:
    topics = {
        topic for _, alarm in template.of("CloudWatch::Alarm") for topic in alarm["AlarmActions"]
    }
    account = {"aws:SourceAccount": ACCOUNT}
    alarms = {"aws:SourceArn": f"arn:aws:cloudwatch:{PLACE}:alarm:*"}
    for topic in topics:
        condition = json.dumps({"ArnLike": alarms, "StringEquals": account}, sort_keys=True)
        yield topic, "Allow", "cloudwatch.amazonaws.com", "sns:Publish", condition
        key = template.properties(topic.strip("<>"))["KmsMasterKeyId"]
        for action in ALARM_KEY:
            condition = json.dumps({"StringEquals": account})
            yield key, "Allow", "cloudwatch.amazonaws.com", action, condition


def _of_keys(template: Template) -> Iterator[Line]:
    for id, _ in template.of("KMS::Key"):
        yield f"<{id}>", "Allow", f"arn:aws:iam::{ACCOUNT}:root", "kms:*", "{}"


def _of_apis(template: Template) -> Iterator[Line]:
    stages = {stage["ApiId"]: stage["StageName"] for _, stage in template.of("ApiGatewayV2::Stage")}
    for _, integration in template.of("ApiGatewayV2::Integration"):
        api, uri = integration["ApiId"], integration["IntegrationUri"]
        function = "HttpFunction" if "HttpFunction" in uri else "LiveFunction"
        protocol = template.properties(api.strip("<>"))["ProtocolType"]
        route = "$default" if protocol == "HTTP" else "*"
        source = f"arn:aws:execute-api:{PLACE}:{api}/{stages[api]}/{route}"
        yield f"<{function}>", "Allow", "apigateway.amazonaws.com", INVOKE, source


def _of_logs(template: Template) -> Iterator[Line]:
    for _, subscription in template.of("Logs::SubscriptionFilter"):
        if "RoleArn" in subscription:
            continue  # its role may
        function = subscription["DestinationArn"].rpartition(":")[2]
        source = f"arn:aws:logs:{PLACE}:log-group:*:*"
        yield function, "Allow", "logs.amazonaws.com", INVOKE, source


def _of_callbacks(template: Template) -> Iterator[Line]:
    """Senders of other accounts may send, and nobody else may do anything by a policy."""
    for id, _ in template.of("SQS::Queue"):
        if id.startswith("Callbacks"):
            yield f"<{id}.Arn>", "Deny", "*", "sqs:*", IN_CLEAR
            if id == "CallbacksQueue":
                yield f"<{id}.Arn>", "Allow", "<SenderArns>", "sqs:SendMessage", "{}"
