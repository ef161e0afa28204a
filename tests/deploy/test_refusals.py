"""What AWS refuses in a template though a linter lets it pass."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.templates import NAMES, deployed, load

QUERY = re.compile(
    r'SELECT (AVG|COUNT|MAX|MIN|SUM)\(\w+\) FROM SCHEMA\("[\w/]+"(, \w+)*\)'
    r"( WHERE \w+ !?= '[^']+'( AND \w+ !?= '[^']+')*)?"
)
"""The part of Metrics Insights that one series needs. There is no OR:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
"""


def test_queries_keep_to_the_grammar_of_metrics_insights() -> None:
    queries = [*queries_of_alarms(), *queries_of_the_dashboard()]

    assert len(queries) == 7
    assert [query for query in queries if not QUERY.fullmatch(query)] == []


def test_the_stage_of_sockets_waits_for_the_role_that_its_access_logs_need() -> None:
    stage = load("serverless")["Resources"]["SocketStage"]

    assert "AccessLogSettings" in stage["Properties"]
    assert stage["Metadata"]["LogRole"] == {
        "Fn::If": ["SetsLogRole", {"Ref": "ApiGatewayAccount"}, ""]
    }


@pytest.mark.parametrize("name", NAMES)
def test_descriptions_are_ascii_which_consoles_and_command_lines_show_everywhere(
    name: str,
) -> None:
    template = load(name)
    described = [template, *template["Parameters"].values()]

    assert [each for each in described if not each.get("Description", "").isascii()] == []


def queries_of_alarms() -> Iterator[str]:
    for _, alarm in deployed("events").of("CloudWatch::Alarm"):
        yield from (each["Expression"] for each in alarm.get("Metrics", ()))


def queries_of_the_dashboard() -> Iterator[str]:
    board: dict[str, Any] = json.loads(deployed("events").properties("Dashboard")["DashboardBody"])
    for widget in board["widgets"]:
        for metric in widget["properties"]["metrics"]:
            if isinstance(metric[0], dict):
                yield metric[0]["expression"]
