"""The dashboard is one that CloudWatch takes, of metrics that there are."""

import re
from itertools import pairwise

import pytest

from tests.deploy.cloudwatch import known, of_widget, widgets
from tests.deploy.templates import deployed

NOTHING = {"LoadBalancerName": "", "EventsStreamName": "", "LiveFunctionName": ""}
WIDGETS = {widget["title"]: widget for widget in widgets(deployed("alarms"))}


@pytest.mark.parametrize("title", WIDGETS)
def test_a_widget_shows_metrics_that_there_are(title: str) -> None:
    shown = set(of_widget(WIDGETS[title]))

    assert shown
    assert shown <= known()


@pytest.mark.parametrize("title", WIDGETS)
def test_a_widget_has_no_query_of_which_it_could_have_one_alone(title: str) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html"""
    assert "SELECT" not in str(WIDGETS[title])


@pytest.mark.parametrize(
    ("way", "shown"),
    [
        ("LoadBalancerName", {"Tasks, and 5xx"}),
        ("EventsStreamName", {"The stream of events"}),
        ("LiveFunctionName", {"Functions", "Nudges"}),
    ],
)
def test_it_shows_what_is_deployed_besides_what_always_is(way: str, shown: set[str]) -> None:
    bare, rest = [
        {widget["title"] for widget in widgets(deployed("alarms", **given))}
        for given in (NOTHING, {**NOTHING, way: "<one>"})
    ]

    assert shown <= rest - bare
    assert bare < WIDGETS.keys()
    assert {"Succeeded, %", "Live lag, s", "Sockets and watched executions"} <= bare


def test_it_shows_how_long_executions_take_and_what_quotas_are_left() -> None:
    times = [
        str(widget["metrics"])
        for widget in WIDGETS.values()
        if widget["title"].startswith("Execution time")
    ]

    assert [part in text for part, text in zip(("p50", "p90", "p99"), times, strict=True)] == [
        True,
        True,
        True,
    ]
    assert "ProvisionedRefillRate" in str(WIDGETS["Quotas: what is used and what is refilled"])


def test_it_shows_the_state_machines_of_the_stage_where_a_word_tells_them() -> None:
    everything, of_stage = [
        [
            search
            for widget in widgets(deployed("alarms", StateMachineSearch=word))
            for search in re.findall(r"\{AWS/States,StateMachineArn\}[^']+", str(widget["metrics"]))
        ]
        for word in ("", "prod")
    ]

    assert len(everything) == len(of_stage) > 10
    assert not [search for search in everything if "StateMachineArn=" in search]
    assert all(search.rstrip("\\").endswith(" StateMachineArn=prod") for search in of_stage)


def test_expressions_name_what_stands_before_them() -> None:
    succeeded = WIDGETS["Succeeded, %"]["metrics"]
    ids = [metric[0].get("id") for metric in succeeded]

    assert ids == ["ok", "ended", None]
    assert succeeded[-1][0]["expression"] == "100 * FILL(ok, 0) / ended"
    assert all(one != other for one, other in pairwise(ids))
