"""Draws an execution's spans as a tree, from the service's OTLP document. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from handrail.core.history.spans import DROPPED, RUNNING
from handrail.core.models import Json

from .lines import duration, joined, one_line, width

_NS = 1e9
_NUMBERS = {"handrail.map.index": "[{}]", "handrail.attempt": "#{}"}
Span = Mapping[str, Json]


def tree_lines(document: Mapping[str, Json]) -> Iterator[str]:
    """A line for each span: its name, when it began after the execution did, how long it took, and
    how it ended. First the trace's id, as X-Ray writes it."""
    spans = [
        span
        for group in document["resourceSpans"]
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]
    first, known = spans[0], {span["spanId"] for span in spans}
    yield f"trace 1-{first['traceId'][:8]}-{first['traceId'][8:]}"
    below = defaultdict[str | None, list[Span]](list)
    for span in spans:
        parent = span.get("parentSpanId")
        below[parent if parent in known else None].append(span)
    rows = [row for root in below[None] for row in _rows(root, below, "", "")]
    widest = max(width(name) for name, _ in rows)
    for name, span in rows:
        yield _line(name + " " * (widest - width(name)), span, int(first["startTimeUnixNano"]))
    if dropped := attributes(first).get(DROPPED):
        yield f"{dropped} more spans are left out."


def attributes(span: Span) -> dict[str, str]:
    return {
        each["key"]: str(next(iter(each["value"].values()))) for each in span.get("attributes", ())
    }


def _rows(
    span: Span, below: Mapping[str | None, Sequence[Span]], line: str, under: str
) -> Iterator[tuple[str, Span]]:
    yield line + _name(span), span
    children = below.get(span["spanId"], ())
    for number, child in enumerate(children, start=1):
        last = number == len(children)
        yield from _rows(
            child, below, under + ("└─ " if last else "├─ "), under + ("   " if last else "│  ")
        )


def _name(span: Span) -> str:
    """An attempt's number is told from the second on."""
    told, name = attributes(span), one_line(span["name"])
    numbers = [
        form.format(told[key])
        for key, form in _NUMBERS.items()
        if key in told and (key, told[key]) != ("handrail.attempt", "1")
    ]
    return " ".join([name, *numbers])


def _line(name: str, span: Span, began_ns: int) -> str:
    told = attributes(span)
    start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    failed = "FAILED" if span.get("status", {}).get("code") == 2 else None
    status = "RUNNING" if RUNNING in told else told.get("handrail.status", failed)
    times = f"+{duration((start - began_ns) / _NS)}".rjust(11), duration((end - start) / _NS)
    how = joined(status, told.get("error.type"))
    return f"{name}  {times[0]}  {times[1]:>10}  {how}".rstrip()
