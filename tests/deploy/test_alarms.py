"""Every alarm watches what there is, can be set, and says what to do about it."""

import re
from typing import Any

import pytest

from handrail.telemetry.metric_definitions import LAG_BUCKETS
from tests.deploy.cloudwatch import alarms, known, of_alarm, queried
from tests.deploy.templates import NAMES, ROOT, deployed, load
from tests.deploy.test_agreement import settings_of

RUN_BOOK = (ROOT / "docs/run-book.md").read_text(encoding="utf-8")
ORDERS = "arn:aws:states:eu-west-1:111122223333:stateMachine:orders"
ONE_BY_ONE = ("success-rate", "execution-time")
COUNTED = (
    "executions-failed",
    "executions-timed-out",
    "executions-aborted",
    "executions-throttled",
)
TROUBLE_WITHOUT_DATA = {
    "no-healthy-task",
    "tasks-missing",
    "metrics-missing",
    "bus-down",
    "ticks-missing",
}
"""Nothing measured is itself what these are about. Of all others it is what all being well looks
like: no error, no queue, nobody there."""

OF_CONTAINER = {"LoadBalancerName": "", "EventsStreamName": "", "CacheName": "", "UsesBus": "false"}
OF_SERVERLESS = {"LiveFunctionName": "", "UndeliveredEventsName": ""}
OF_BOTH = {"CallbacksQueueName": "", "UnsentEventsName": ""}


def made(**given: str) -> dict[str, dict[str, Any]]:
    """Alarms as they are deployed for one state machine, with whatever there is to watch."""
    values = {"StateMachineArns": ORDERS, "StateMachineAlarms": "account", "UsesBus": "true"}
    return alarms(deployed("alarms", **values | {"RunBookUrl": "docs/run-book.md"} | given))


def sections() -> list[str]:
    (chapter,) = re.findall(r"^## When an alarm goes off$(.*?)^## ", RUN_BOOK, re.M | re.S)
    return re.findall(r"^### ([a-z0-9-]+)$", chapter, re.M)


def slug(name: str) -> str:
    """An alarm's name without that of the state machine it is on."""
    return name.removesuffix("-orders")


EVERY = {**made(), **made(StateMachineAlarms="listed")}
each_alarm = pytest.mark.parametrize("name", EVERY)


def test_every_alarm_has_its_section_in_the_run_book_and_the_other_way_round() -> None:
    assert sorted(sections()) == sorted({slug(name) for name in EVERY})


@each_alarm
def test_an_alarm_says_what_to_do_and_where_more_is_written(name: str) -> None:
    said = EVERY[name]["AlarmDescription"]

    assert said.endswith(f". docs/run-book.md#{slug(name)}")
    assert len(re.findall(r"[.;] ", said)) >= 2 or "Look" in said
    assert len(said) <= 1024


@each_alarm
def test_an_alarm_watches_a_metric_that_there_is(name: str) -> None:
    watched = set(of_alarm(EVERY[name]))

    assert watched
    assert watched <= known()


@each_alarm
def test_an_alarm_tells_the_topic_of_trouble_and_of_its_end(name: str) -> None:
    assert EVERY[name]["AlarmActions"] == EVERY[name]["OKActions"] == ["<AlarmTopic>"]


@each_alarm
def test_no_data_is_trouble_where_data_always_comes_and_nowhere_else(name: str) -> None:
    wanted = "breaching" if slug(name) in TROUBLE_WITHOUT_DATA else "notBreaching"

    assert EVERY[name]["TreatMissingData"] == wanted


@each_alarm
def test_an_alarm_returns_one_of_its_metrics_and_names_the_others(name: str) -> None:
    metrics = EVERY[name].get("Metrics", [{"ReturnData": True, "Expression": "a plain one"}])
    told = [each for each in metrics if each["ReturnData"]]
    others = {each["Id"] for each in metrics if not each["ReturnData"]}

    assert len(told) == 1
    words = set(re.findall(r"\b[a-z][a-z_]+\b", told[0]["Expression"]))
    assert queried(told[0]["Expression"]) or "Id" not in told[0] or words == others


@pytest.mark.parametrize(
    "parameter",
    [name for name in load("alarms")["Parameters"] if name not in ("AlarmEmail", "RunBookUrl")],
)
def test_a_parameter_changes_what_is_deployed(parameter: str) -> None:
    """Whosever state machines are watched."""
    about = load("alarms")["Parameters"][parameter]
    one, another = about.get("AllowedValues", [f"{ORDERS}-1", f"{ORDERS}-2"])[:2]
    for scope in ("account", "listed"):
        rest = {"StateMachineArns": ORDERS, "UsesBus": "true", "StateMachineAlarms": scope}
        first, second = [
            deployed("alarms", **rest | {parameter: str(each)}).resources for each in (one, another)
        ]

        assert first != second


def test_how_much_and_how_often_is_not_written_into_an_alarm() -> None:
    """Any at all, or none; each minute; both ways of watching state machines by the same."""
    for name, alarm in EVERY.items():
        assert alarm["Threshold"] in (0, 1) or alarm["Threshold"].startswith("<M")
        periods = {found["Period"] for found in [alarm, *measured(alarm)] if "Period" in found}
        wanted = "<StateMachinePeriodS>" if slug(name) in (*COUNTED, *ONE_BY_ONE) else None
        assert periods == {wanted} if wanted else periods <= {60, "<ServicePeriodS>"}


def measured(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    return [each.get("MetricStat", each) for each in alarm.get("Metrics", ())]


def test_an_address_is_subscribed_where_one_is_given() -> None:
    with_one, with_none = deployed("alarms"), deployed("alarms", AlarmEmail="")

    assert with_one.properties("AlarmSubscription")["Endpoint"] == "<AlarmEmail>"
    assert not list(with_none.of("SNS::Subscription"))


@pytest.mark.parametrize("name", NAMES)
def test_a_template_names_nothing_that_it_does_not_have(name: str) -> None:
    template = load(name)
    there = {*template["Parameters"], *template["Resources"]}
    conditions = template.get("Conditions", {})

    for kind, named in references(template):
        if kind == "Condition":
            assert named in conditions
        else:
            assert named in there or named.startswith("AWS::"), named


def references(value: Any) -> list[tuple[str, str]]:
    """Whatever a template refers to: parameters, resources, conditions."""
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    if not isinstance(value, dict):
        return []
    found: list[tuple[str, str]] = []
    for key, inner in value.items():
        if key == "Condition" and "ContainerName" in value:
            continue  # ECS': when a container may start
        if key in ("Ref", "Condition") and isinstance(inner, str):
            found.append((key, inner))
        elif key == "Fn::GetAtt":
            found.append(("Ref", inner[0]))
        elif key == "Fn::If":
            found += [("Condition", inner[0]), *references(inner[1:])]
        elif key == "Fn::Sub":
            text, values = inner if isinstance(inner, list) else (inner, {})
            names = {name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text)}
            found += [("Ref", name) for name in names - values.keys()] + references(values)
        else:
            found += references(inner)
    return found


def test_every_state_machine_of_the_account_is_a_series_of_its_own() -> None:
    of_account = made()

    for name in COUNTED:
        (query,) = of_account[name]["Metrics"]
        assert query["Expression"].endswith("GROUP BY StateMachineArn ORDER BY SUM() DESC")
    assert of_account.keys() >= {f"{name}-orders" for name in ONE_BY_ONE}
    assert not of_account.keys() & {f"{name}-orders" for name in COUNTED}


def test_two_stages_in_an_account_hear_each_of_its_own_state_machines() -> None:
    listed = made(StateMachineAlarms="listed")

    assert not listed.keys() & set(COUNTED)
    for name in (*COUNTED, *ONE_BY_ONE):
        assert {"Name": "StateMachineArn", "Value": ORDERS} in dimensions(listed[f"{name}-orders"])


def dimensions(alarm: dict[str, Any]) -> list[dict[str, str]]:
    if "Dimensions" in alarm:
        return list(alarm["Dimensions"])
    metrics = [each["Metric"] for each in measured(alarm) if "Metric" in each]
    return [one for metric in metrics for one in metric["Dimensions"]]


def test_what_is_ours_is_asked_of_the_stage_alone() -> None:
    for name, alarm in EVERY.items():
        if not any(metric.namespace == "Handrail" for metric in of_alarm(alarm)):
            continue
        if name == "breaker-open":
            assert "WHERE \"Stage\" = 'dev'" in alarm["Metrics"][0]["Expression"]
        else:
            assert {"Name": "Stage", "Value": "dev"} in dimensions(alarm)


def test_only_what_is_deployed_is_watched() -> None:
    container, serverless = made(**OF_SERVERLESS), made(**OF_CONTAINER)
    neither = made(**OF_SERVERLESS, **OF_CONTAINER, **OF_BOTH)

    assert "target-5xx" in container.keys() - serverless.keys()
    assert "nudges-late" in serverless.keys() - container.keys()
    assert {"live-lag", "breaker-open"} <= container.keys() & serverless.keys()
    assert {"news-late", "news-dead"} <= container.keys() - serverless.keys()
    assert {"callbacks-late", "callbacks-dead", "events-unsent"} <= serverless.keys()
    assert neither.keys() == {
        *COUNTED,
        *(f"{name}-orders" for name in ONE_BY_ONE),
        "calls-throttled",
    }
    assert not {"bus-down", "cache-throttled"} & made(UsesBus="false", CacheName="").keys()
    assert "bus-down" in made(CacheName="")
    assert not {"push-behind", "events-read-late"} & made(EventsStreamName="").keys()
    assert "execution-time-orders" not in made(MaxDurationS="0")


@pytest.mark.parametrize(
    ("succeeded", "failed", "timed_out", "percent"),
    [(19, 1, 0, 95), (18, 1, 1, 90), (0, 12, 8, 0), (40, 0, 0, 100), (0, 19, 0, 100)],
)
def test_of_enough_executions_it_is_told_how_many_succeed(
    succeeded: int, failed: int, timed_out: int, percent: int
) -> None:
    expression = made(MinExecutions="20")["success-rate-orders"]["Metrics"][-1]["Expression"]
    functions = {"SUM": sum, "IF": lambda holds, then, otherwise: then if holds else otherwise}
    counts = {"succeeded": succeeded, "failed": failed, "timed_out": timed_out}

    assert eval(expression, functions, counts) == percent  # noqa: S307 ours; it reads as Python


def test_lag_is_held_against_a_bound_that_it_is_counted_by() -> None:
    """In between the two of them a percentile would be too high."""
    assert set(load("alarms")["Parameters"]["MaxLiveLagS"]["AllowedValues"]) <= set(LAG_BUCKETS)


def test_thresholds_lie_below_what_a_task_takes() -> None:
    settings, parameters = settings_of("container"), load("alarms")["Parameters"]

    assert parameters["MaxSocketsPerTask"]["MaxValue"] < settings.ws_max_sockets
    assert parameters["MaxWatchersPerTask"]["MaxValue"] < settings.live_max_watchers


def test_a_container_says_whether_it_has_a_bus() -> None:
    bare = {"BusUrlSecretArn": "", "BusCache": "false"}

    assert deployed("container", **bare).outputs["UsesBus"] == "false"
    for one in ({"BusCache": "true"}, {"BusUrlSecretArn": "<secret>"}):
        assert deployed("container", **bare | one).outputs["UsesBus"] == "true"


def test_names_of_two_stages_are_apart() -> None:
    dev, prod = [
        {alarm["AlarmName"] for _, alarm in deployed("alarms", **given).of("CloudWatch::Alarm")}
        for given in ({"Environment": "dev"}, {"Environment": "prod"})
    ]

    assert len(dev) == len(prod)
    assert not dev & prod
