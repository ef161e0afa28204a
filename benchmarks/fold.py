"""Folding the longest history AWS keeps: alone, in pages, and with all that is done to a page
before."""

import json
import time
from collections.abc import Callable, Sequence

from handrail.core.history.events import parse_event
from handrail.core.history.projection import Projection
from handrail.core.models import HistoryEvent
from handrail.core.task_tokens.finding import learned, tokens_by_state
from handrail.core.task_tokens.redaction import Redactor
from handrail.core.task_tokens.shapes import needs_definition

from .figures import Figure, Options, Report, Target
from .histories import DEFINITION, LONGEST, Event, synthetic

PAGE = 1000
MOST_S = 0.5
WHAT_RAN = f"""\
A synthetic history of {LONGEST:,} events: a Map with 40 iterations side by side, three tasks each;
one attempt in ten fails and is retried, one task in fifty waits for a callback. CPU seconds of this
process. The pipeline decodes JSON, parses, learns and redacts tokens, folds: a page at a time."""


async def run(options: Options) -> Report:
    rounds = 3 if options.quick else 9
    raw = synthetic()
    pages = [raw[at : at + PAGE] for at in range(0, len(raw), PAGE)]
    texts = [json.dumps({"events": page}) for page in pages]
    events = [parse_event(event) for event in raw]
    parsed = [events[at : at + PAGE] for at in range(0, len(events), PAGE)]
    most = Target(at_most=MOST_S)
    rows: dict[str, tuple[Callable[[], object], Target | None]] = {
        "fold from scratch": (lambda: folded([events]), most),
        "fold in pages of 1,000, states drawn after each": (lambda: folded(parsed), most),
        "decode JSON": (lambda: [json.loads(text) for text in texts], None),
        "parse": (lambda: [parse_event(event) for event in raw], None),
        "learn and redact tokens": (lambda: redacted(Redactor(), events), None),
        "the whole pipeline": (lambda: pipeline(texts), most),
    }
    found: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(rounds):
        for name, (work, _) in rows.items():
            found[name].append(cpu_s_of(work))
    figures = [Figure(name, found[name], "s", target) for name, (_, target) in rows.items()]
    return Report(f"a history of {LONGEST:,} events", WHAT_RAN, figures)


def cpu_s_of(work: Callable[[], object]) -> float:
    began_at = time.process_time()
    work()
    return time.process_time() - began_at


def folded(pages: Sequence[Sequence[HistoryEvent]]) -> Projection:
    projection = Projection()
    for page in pages:
        projection.fold(page)
        len(projection.states)
    return projection


def redacted(redactor: Redactor, events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
    """As a watcher cleans what it reads."""
    clean = []
    for event in events:
        if needs_definition(event):
            found = tokens_by_state(event, DEFINITION)
            redactor.learn(learned(event, found))
        clean.append(redactor.event(event))
    return clean


def pipeline(texts: Sequence[str]) -> Projection:
    """Everything between the bytes of GetExecutionHistory's answers and the states."""
    projection, redactor = Projection(), Redactor()
    for text in texts:
        page: list[Event] = json.loads(text)["events"]
        projection.fold(redacted(redactor, [parse_event(event) for event in page]))
    return projection
