"""Reads lines of CloudWatch's embedded metric format as CloudWatch does, and holds them to its
rules: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import math
import re
from collections import defaultdict
from typing import Any

UNITS = {"Seconds", "Count", "None"}
MOST_BYTES = 256 * 1024
Published = dict[tuple[str, tuple[tuple[str, str], ...]], list[Any]]


def parse(line: str) -> dict[str, Any]:
    """The document of a line, which breaks none of the rules."""

    def unknown(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    assert len(line.encode()) <= MOST_BYTES
    document: dict[str, Any] = json.loads(line, parse_constant=unknown)
    assert isinstance(document["_aws"]["Timestamp"], int)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        assert directive.keys() == {"Namespace", "Dimensions", "Metrics"}
        assert re.fullmatch(r"[\w./#:-]{1,255}", directive["Namespace"])
        assert directive["Dimensions"]
        for names in directive["Dimensions"]:
            assert len(names) <= 30
            assert len(set(names)) == len(names)
            for name in names:
                assert 1 <= len(name) <= 250
                assert isinstance(document[name], str)
                assert re.fullmatch(r"[\x20-\x7e]{1,1024}", document[name])
        assert 1 <= len(directive["Metrics"]) <= 100
        for metric in directive["Metrics"]:
            assert metric.keys() <= {"Name", "Unit"}
            assert 1 <= len(metric["Name"]) <= 255
            assert metric["Unit"] in UNITS
            _check(document[metric["Name"]])
    return document


def published(lines: str) -> Published:
    """The values of each metric by its name and dimensions, as CloudWatch gets them."""
    found: Published = defaultdict(list)
    for line in lines.splitlines():
        document = parse(line)
        for directive in document["_aws"]["CloudWatchMetrics"]:
            assert directive["Namespace"] == "Handrail"
            for names in directive["Dimensions"]:
                dimensions = tuple((name, document[name]) for name in names)
                for metric in directive["Metrics"]:
                    found[metric["Name"], dimensions].append(document[metric["Name"]])
    return dict(found)


def _check(value: Any) -> None:
    if not isinstance(value, dict):
        _number(value)
        return
    assert value.keys() == {"Values", "Counts", "Max", "Min", "Count", "Sum"}
    assert 1 <= len(value["Values"]) == len(value["Counts"]) <= 100
    for number in [*value["Values"], *value["Counts"], *map(value.get, ("Max", "Min", "Sum"))]:
        _number(number)
    assert value["Count"] == sum(value["Counts"])
    assert all(count > 0 for count in value["Counts"])


def _number(value: Any) -> None:
    assert isinstance(value, int | float)
    assert math.isfinite(value)
    assert abs(value) < 2**360
