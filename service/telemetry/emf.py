"""Writes the metrics as lines that CloudWatch Logs makes metrics of, in its embedded metric format.

The rules, from AWS's specification of the format and its reference of PutMetricData:

- A line is a JSON object and nothing else. `_aws` says, in directives, which of its members are
  metrics and which are dimensions; a directive has at most 100 metrics, a set 30 dimensions.
- A dimension's value is a text, never empty. A metric's is a number, or up to 100 numbers, or, as
  AWS's own collectors write a histogram, `Values` and how often each came as `Counts`. NaN and
  infinity are none.
- What is written twice is added up: so counters and histograms tell what came since the last time.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf, isinf
from threading import Lock
from typing import Any, TextIO

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

from .metric_definitions import METRICS, MetricDefinition, cloudwatch_name

NAMESPACE = "Handrail"
INFINITE = 1e9
"""Written in place of infinity: no number of ours comes near it."""

BEYOND = 2.0
"""What lies above a histogram's last bound counts as so many times that bound."""

log = structlog.get_logger(__name__)

Labels = tuple[tuple[str, str], ...]
Value = float | dict[str, Any]


@dataclass(slots=True, repr=False)
class EmfReports:
    """Tells of each metric what is new since the report before. `stage` is the dimension that all
    have; `stream` gets whole lines, one write each. Nothing else must write into their middle."""

    registry: CollectorRegistry
    stage: str
    now: Callable[[], datetime]
    stream: TextIO
    _writing: Lock = field(init=False, default_factory=Lock)
    _told: dict[tuple[str, Labels], float] = field(init=False, default_factory=dict)

    def write(self) -> None:
        """Writes a report, in any thread: reports follow each other. What can't be written is
        logged, and lost; it raises nothing."""
        try:
            with self._writing:
                for document in self.documents():
                    line = json.dumps(document, separators=(",", ":"), allow_nan=False)
                    self.stream.write(f"{line}\n")
                    self.stream.flush()
        except (OSError, ValueError) as error:  # a pipe that nobody reads, a stream that is closed
            log.warning("metrics not written", error=type(error).__name__)

    def documents(self) -> Iterator[dict[str, Any]]:
        """One for each combination of labels that there is news of."""
        found: dict[Labels, list[tuple[str, MetricDefinition, Value]]] = defaultdict(list)
        for family in self.registry.collect():
            definition = METRICS.get(family.name)
            if definition is None or definition.dimensions is None:
                continue
            for labels, value in self._news(family, definition):
                found[labels].append((family.name, definition, value))
        timestamp = int(self.now().timestamp() * 1000)
        for labels, metrics in found.items():
            yield document(self.stage, timestamp, labels, metrics)

    def _news(self, family: Metric, definition: MetricDefinition) -> Iterator[tuple[Labels, Value]]:
        by_labels: dict[Labels, list[Sample]] = defaultdict(list)
        for sample in family.samples:
            by_labels[kept_labels(sample, definition)].append(sample)
        for labels, samples in by_labels.items():
            news = self._value(family, labels, samples)
            if news is not None:
                yield labels, news

    def _value(self, family: Metric, labels: Labels, samples: Sequence[Sample]) -> Value | None:
        """None where there is nothing to tell: what is 0 and always was, too."""
        if family.type == "gauge":
            value, key = samples[0].value, (family.name, labels)
            known = self._told.setdefault(key, 0.0) if value else self._told.get(key)
            return None if known is None else min(value, INFINITE)
        if family.type == "counter":
            return self._since(f"{family.name}_total", labels, samples) or None
        return self._histogram(family.name, labels, samples)

    def _histogram(self, name: str, labels: Labels, samples: Iterable[Sample]) -> Value | None:
        at_most: dict[float, list[Sample]] = defaultdict(list)
        for sample in samples:
            if sample.name == f"{name}_bucket":
                at_most[float(sample.labels["le"])].append(sample)
        total = self._since(f"{name}_sum", labels, samples)
        below, counts = 0.0, dict[float, float]()
        finite = max(bound for bound in at_most if not isinf(bound))
        for bound in sorted(at_most):
            count = self._since(f"{name}_bucket", (*labels, ("le", str(bound))), at_most[bound])
            if count > below:
                counts[finite * BEYOND if bound == inf else bound] = count - below
            below = count
        return histogram(counts, total) if counts else None

    def _since(self, name: str, labels: Labels, samples: Iterable[Sample]) -> float:
        """How much more these samples of this name come to than at the last report."""
        now = sum(sample.value for sample in samples if sample.name == name)
        before = self._told.get((name, labels), 0.0)
        self._told[name, labels] = now
        return now - before


def kept_labels(sample: Sample, definition: MetricDefinition) -> Labels:
    """Those of a sample that CloudWatch has the metric by."""
    kept = {name for names in definition.dimensions or () for name in names}
    return tuple((name, value) for name, value in sample.labels.items() if name in kept)


def histogram(counts: Mapping[float, float], total: float) -> dict[str, Any]:
    """Each value counts as the upper bound of its bucket, so that a percentile is right wherever
    the threshold it is held against is a bound; the sum, and so the average, is exact."""
    values = list(counts)
    return {
        "Values": values,
        "Counts": list(counts.values()),
        "Max": max(values),
        "Min": min(values),
        "Count": sum(counts.values()),
        "Sum": total,
    }


def document(
    stage: str,
    timestamp: int,
    labels: Labels,
    metrics: Iterable[tuple[str, MetricDefinition, Value]],
) -> dict[str, Any]:
    """One line's: metrics of the same labels. `timestamp` is in milliseconds."""
    directives: dict[tuple[tuple[str, ...], ...], list[dict[str, str]]] = defaultdict(list)
    shown: dict[str, Any] = {"Stage": stage}
    shown |= {cloudwatch_name(name): value for name, value in labels}
    for name, definition, value in metrics:
        sets = ((), *(definition.dimensions or ()))
        shown[cloudwatch_name(name)] = value
        unit = "Seconds" if name.endswith("_seconds") else "None" if _is_part(name) else "Count"
        directives[sets].append({"Name": cloudwatch_name(name), "Unit": unit})
    said = [
        {
            "Namespace": NAMESPACE,
            "Dimensions": [["Stage", *map(cloudwatch_name, names)] for names in sets],
            "Metrics": defined,
        }
        for sets, defined in directives.items()
    ]
    return {"_aws": {"Timestamp": timestamp, "CloudWatchMetrics": said}, **shown}


def _is_part(name: str) -> bool:
    return name.endswith(("_ratio", "_breaker", "_up"))
