"""What is declared of metrics, and told of them."""

import re
from pathlib import Path

from handrail.telemetry.metric_definitions import METRICS, cloudwatch_name
from handrail.telemetry.metrics import Metrics

DOCUMENT = Path(__file__).parents[2] / "docs" / "operations.md"
ROW = re.compile(r"\| `(handrail_\w+)(?:\{([a-z_,]+)\})?`(?:, `…(\w+)`)? \| (\w+) \| (.+?) \|")
SUFFIXES = {"counter": "_total", "gauge": "", "histogram": ""}


def told() -> dict[str, tuple[str, tuple[str, ...], str]]:
    """By the name: the type, the labels, and what CloudWatch has."""
    found = {}
    for name, labels, other, kind, cloudwatch in ROW.findall(DOCUMENT.read_text(encoding="utf-8")):
        for each in [name, *([name.rpartition("_")[0] + other] if other else [])]:
            found[each] = kind, tuple(filter(None, labels.split(","))), cloudwatch
    return found


def test_the_document_has_every_metric_as_it_is() -> None:
    shown, table = {family.name: family for family in Metrics().registry.collect()}, told()
    assert {name + SUFFIXES[shown[name].type] for name in METRICS} == table.keys()
    for name, definition in METRICS.items():
        kind, labels, cloudwatch = table[name + SUFFIXES[shown[name].type]]
        assert (kind, labels) == (shown[name].type, definition.labels), name
        if definition.dimensions is None:
            assert cloudwatch == "none"
        else:
            assert f"`{cloudwatch_name(name)}`" in cloudwatch
            sets = "; ".join(
                " + ".join(map(cloudwatch_name, names)) for names in definition.dimensions
            )
            assert cloudwatch.partition("`: ")[2] == sets, name


def test_cloudwatch_keeps_metrics_by_labels_that_they_have() -> None:
    for definition in METRICS.values():
        for names in definition.dimensions or ():
            assert set(names) <= set(definition.labels)


def test_no_metric_is_named_as_a_dimension_is() -> None:
    """Both are members of the same document."""
    labels = {label for definition in METRICS.values() for label in definition.labels}
    names = {cloudwatch_name(name) for name in METRICS}
    assert len(names) == len(METRICS)
    assert names.isdisjoint({"Stage", "_aws", *map(cloudwatch_name, labels)})


def test_names_follow_prometheus_conventions() -> None:
    """https://prometheus.io/docs/practices/naming/"""
    for family in Metrics().registry.collect():
        assert re.fullmatch(r"handrail(_[a-z]+)+", family.name)
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
