"""Taking task tokens out of payloads made to be slow, and finding them there."""

import asyncio
import gc
import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from heapq import nlargest

from botocore.parsers import create_parser
from botocore.session import get_session

from handrail.core.definition.definition import Definition
from handrail.core.history.events import parse_event
from handrail.core.models import HistoryEvent, Json
from handrail.core.task_tokens.finding import learned, tokens_by_state
from handrail.core.task_tokens.redaction import Redactor
from handrail.usecases.live.source import TokenRedaction

from . import hostile
from .figures import Figure, Options, Report, Target

MOST_MS = 10
MOST_STILL_MS = 50
PAGE = 1000
SLOWEST = 10
WHAT_RAN = f"""\
Texts of {hostile.PAYLOAD:,} characters, searched for the slowest: pieces of what the patterns look
for, alone, in pairs and in mixtures. CPU milliseconds of this process; each text's quickest of
nine, then the slowest text. `still` is how long nothing else runs while a page is cleaned. Garbage
is looked for as seldom as when serving."""

WAIT = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}
TEMPLATES = {
    "a template of one path": "$$.Task.Token",
    "a template between literals": "States.Format('{}A{}A{}', $.a, $$.Task.Token, $.b)",
    "a template between anything": "States.Format('{}{}{}', $.a, $$.Task.Token, $.b)",
    "a template of the whole context": "States.Format('{}\"{}\"{}', $.a, $$, $.b)",
    "a template that can't be read": "States.StringSplit($$.Task.Token, ',')",
}


async def run(options: Options) -> Report:
    texts = list(hostile.texts(20 if options.quick else 400))
    if options.quick:
        texts = texts[:: len(texts) // 200]
    nothing, many = Redactor(), Redactor(hostile.LEARNED)
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    rows: dict[str, tuple[Iterable[tuple[str, str]], Callable[[str], object]]] = {
        "redact, nothing learned": (texts, nothing.text),
        "redact, 10,000 tokens learned": (texts, many.text),
        "learn without a definition": (hostile.parameters(), lambda text: learn(text, None)),
        **{
            f"learn by {name}": (hostile.parameters(), learning(expression))
            for name, expression in TEMPLATES.items()
        },
    }
    figures, notes = [], []
    for name, (given, work) in rows.items():
        slowest, ms = worst(given, work)
        figures.append(Figure(name, [ms], "ms", Target(at_most=MOST_MS)))
        notes.append(f"{name}: slowest with {slowest}")
    figures += await pages(options, many)
    return Report("tokens in the slowest payloads", WHAT_RAN, figures, notes)


def worst(texts: Iterable[tuple[str, str]], work: Callable[[str], object]) -> tuple[str, float]:
    """The slowest text's name, and how long it took: the slowest are measured again, as others'
    work on this machine makes some slow."""

    def quickest(text: str, rounds: int) -> float:
        return min(cpu_ms_of(partial(work, text)) for _ in range(rounds))

    slow = nlargest(SLOWEST, texts, key=lambda text: quickest(text[1], 2))
    return max(((name, quickest(text, 9)) for name, text in slow), key=lambda found: found[1])


def cpu_ms_of(work: Callable[[], object]) -> float:
    began_at = time.process_time()
    work()
    return (time.process_time() - began_at) * 1000


def learning(expression: str) -> Callable[[str], object]:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"Body.$": expression, "Odd.$": expression},
        "End": True,
    }
    definition = Definition.parse(json.dumps({"StartAt": "Ask", "States": {"Ask": state}}))
    return lambda text: learn(text, definition)


def learn(parameters: str, definition: Definition | None) -> Redactor:
    event = scheduled(1, parameters)
    return Redactor(learned(event, tokens_by_state(event, definition)))


def scheduled(id: int, parameters: str) -> HistoryEvent:
    details = {**WAIT, "parameters": parameters}
    return HistoryEvent(id, 0, "TaskScheduled", datetime.now(UTC), details)


async def pages(options: Options, many: Redactor) -> list[Figure]:
    """What a whole page costs, and a whole history."""
    count = 100 if options.quick else PAGE
    _, text = hostile.named('"taskToken":"x",')
    events = [
        HistoryEvent(n, 0, "TaskSucceeded", datetime.now(UTC), {"output": text})
        for n in range(count)
    ]
    still = [await still_ms(events) for _ in range(2)]
    echo = json.dumps({"order": 7, "token": hostile.LEARNED[9], "note": "x" * 200})
    short = HistoryEvent(1, 0, "TaskSucceeded", datetime.now(UTC), {"output": echo})
    history = [cpu_ms_of(lambda: [many.event(short) for _ in range(25_000)]) for _ in range(3)]
    full = "".join(hostile.LEARNED)[: hostile.PAYLOAD]
    crowded = [cpu_ms_of(lambda: many.text(full)) for _ in range(3)]
    return [
        Figure(
            f"clean {count:,} events of 256 KB: still", still, "ms", Target(at_most=MOST_STILL_MS)
        ),
        Figure("redact 7,281 learned tokens in one text", crowded, "ms"),
        Figure("redact 25,000 events, 10,000 tokens learned", history, "ms"),
        Figure("parse 1,000 events", [cpu_ms_of(lambda: [*map(parse_event, raw_page(1))])], "ms"),
        Figure("botocore reads a page of 10 MB", [botocore_ms(10), botocore_ms(10)], "ms"),
    ]


def raw_page(size: int) -> list[dict[str, Json]]:
    """A page as GetExecutionHistory answers it, with payloads of so many characters."""
    details = {"taskSucceededEventDetails": {"output": "x" * size}}
    event = {"type": "TaskSucceeded", "timestamp": 1.7e9, **details}
    return [{**event, "id": n, "previousEventId": n - 1} for n in range(1, PAGE + 1)]


class Never:
    """Nothing here asks for a definition."""


async def still_ms(events: list[HistoryEvent]) -> float:
    """The longest CPU time between two turns of a task that wants one whenever it may."""
    stretches, last = [], time.process_time()
    cleaning = asyncio.ensure_future(TokenRedaction(Never(), "").clean(events))  # type: ignore[arg-type]
    while not cleaning.done():
        await asyncio.sleep(0)
        now = time.process_time()
        stretches.append((now - last) * 1000)
        last = now
    return max(stretches)


def botocore_ms(megabytes: int) -> float:
    """What botocore itself does with an answer, in one go."""
    page = {"events": raw_page(megabytes * 1_000_000 // PAGE)}
    model = get_session().get_service_model("stepfunctions")
    shape = model.operation_model("GetExecutionHistory").output_shape
    assert shape is not None
    response = {"body": json.dumps(page).encode(), "headers": {}, "status_code": 200}
    return cpu_ms_of(lambda: create_parser("json").parse(response, shape))
