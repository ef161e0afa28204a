"""What alarms and the dashboard look at: the metrics that they name, and those that there are."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from handrail.telemetry.metric_definitions import METRICS, cloudwatch_name
from tests.deploy.templates import Template

OURS = "Handrail"

AWS: dict[tuple[str, ...], str] = {
    # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    ("AWS/States", "StateMachineArn"): "ExecutionsStarted ExecutionsSucceeded ExecutionsFailed"
    " ExecutionsTimedOut ExecutionsAborted ExecutionThrottled ExecutionTime",
    ("AWS/States", "APIName"): "ThrottledEvents ProvisionedBucketSize ProvisionedRefillRate"
    " ConsumedCapacity",
    ("AWS/States", "ServiceMetric"): "ThrottledEvents ProvisionedBucketSize ProvisionedRefillRate"
    " ConsumedCapacity",
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    ("AWS/ApplicationELB", "LoadBalancer"): "ActiveConnectionCount HTTPCode_ELB_5XX_Count",
    ("AWS/ApplicationELB", "LoadBalancer", "TargetGroup"): "HealthyHostCount UnHealthyHostCount"
    " HTTPCode_Target_5XX_Count RequestCount",
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
    ("AWS/ECS", "ClusterName", "ServiceName"): "CPUUtilization MemoryUtilization",
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
    ("ECS/ContainerInsights", "ClusterName", "ServiceName"): "DesiredTaskCount RunningTaskCount",
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    ("AWS/DynamoDB", "TableName"): "ReadThrottleEvents WriteThrottleEvents",
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/serverless-metrics-events-redis.html
    ("AWS/ElastiCache", "clusterId"): "ThrottledCmds",
    # https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
    ("AWS/Kinesis", "StreamName"): "GetRecords.IteratorAgeMilliseconds IncomingRecords"
    " WriteProvisionedThroughputExceeded",
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    ("AWS/Lambda", "FunctionName"): "ConcurrentExecutions Errors Invocations Throttles",
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html, and
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
    ("AWS/ApiGateway", "ApiId"): "5xx Count ConnectCount IntegrationError MessageCount",
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    ("AWS/SQS", "QueueName"): "ApproximateAgeOfOldestMessage NumberOfMessagesSent"
    " ApproximateNumberOfMessagesVisible",
}
"""Metrics by their namespace and dimensions, which are in the order of the alphabet."""

_QUERY = re.compile(
    r'SELECT (?:AVG|COUNT|MAX|MIN|SUM)\((\w+)\) FROM SCHEMA\("([\w/]+)"((?:, "?\w+"?)*)\)'
    r"(?: WHERE \"?\w+\"? !?= '[^']+'(?: AND \"?\w+\"? !?= '[^']+')*)?"
    r'(?: GROUP BY "?\w+"?(?:, "?\w+"?)* ORDER BY (?:AVG|COUNT|MAX|MIN|SUM)\(\) (?:ASC|DESC))?'
)
"""Metrics Insights: there is no OR, and what has several series says in which order.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html
"""

_SEARCH = re.compile(
    r"SEARCH\('\{([\w/,]+)\} MetricName=(\"\w+\"|\(\"\w+\"(?: OR \"\w+\")*\))"
    r"(?: \w+=(?:[\w<>-]+|\"[\w<>-]+\"))?', '(?:Sum|p50|p90|p99)', \d+\)"
)
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html"""


@dataclass(frozen=True, slots=True, order=True)
class Metric:
    namespace: str
    name: str
    dimensions: tuple[str, ...]
    """Their names, in the order of the alphabet."""


def known() -> set[Metric]:
    """Those of AWS that anything here looks at, and all of ours."""
    of_aws = {
        Metric(namespace, name, tuple(dimensions))
        for (namespace, *dimensions), names in AWS.items()
        for name in names.split()
    }
    return of_aws | {
        Metric(OURS, cloudwatch_name(name), tuple(sorted(("Stage", *map(cloudwatch_name, labels)))))
        for name, definition in METRICS.items()
        if definition.dimensions is not None
        for labels in ((), *definition.dimensions)
    }


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    """What each alarm is made of, by its name without service and stage."""
    made = dict(template.of("CloudWatch::Alarm")).values()
    return {alarm["AlarmName"].removeprefix("handrail-dev-"): alarm for alarm in made}


def of_alarm(alarm: dict[str, Any]) -> Iterator[Metric]:
    if "MetricName" in alarm:
        yield _of(alarm)
    for each in alarm.get("Metrics", ()):
        if "MetricStat" in each:
            yield _of(each["MetricStat"]["Metric"])
        elif (found := queried(each["Expression"])) is not None:
            yield found


def queried(expression: str) -> Metric | None:
    """What a query asks for; None is no query. What begins as one has to be one."""
    if not expression.startswith("SELECT"):
        return None
    found = _QUERY.fullmatch(expression)
    assert found is not None, expression
    name, namespace, dimensions = found.groups()
    return Metric(namespace, name, tuple(sorted(re.findall(r"\w+", dimensions))))


def widgets(template: Template) -> list[dict[str, Any]]:
    board: dict[str, Any] = json.loads(template.properties("Dashboard")["DashboardBody"])
    return [widget["properties"] for widget in board["widgets"]]


def of_widget(widget: dict[str, Any]) -> Iterator[Metric]:
    for metric in widget["metrics"]:
        if isinstance(metric[0], dict):
            yield from _searched(metric[0]["expression"])
            continue
        namespace, name, *dimensions = (part for part in metric if isinstance(part, str))
        yield Metric(namespace, name, tuple(sorted(dimensions[::2])))


def _searched(expression: str) -> Iterator[Metric]:
    found = _SEARCH.findall(expression)
    assert len(found) == expression.count("SEARCH"), expression
    for schema, names in found:
        namespace, *dimensions = schema.split(",")
        for name in re.findall(r'"(\w+)"', names):
            yield Metric(namespace, name, tuple(sorted(dimensions)))


def _of(described: dict[str, Any]) -> Metric:
    names: Iterable[str] = (each["Name"] for each in described["Dimensions"])
    return Metric(described["Namespace"], described["MetricName"], tuple(sorted(names)))
