"""Everything that says an execution changed, or that it is time to look: its events as calls of
the use-cases. What can't be read is logged without what it holds."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from service.core.errors import ServiceError
from service.core.models import Json
from service.core.stored import Greet, Nudge, parse_reminder
from service.usecases.stored import StoredSockets
from service.usecases.stored.timing import abreast

from .news import Unreadable, logged, merged, status_change
from .shapes import Event, Kind, kind_of

log = structlog.get_logger(__name__)

AT_ONCE = 10
"""How many executions and connections are served side by side."""

STARTING_S = 5.0
"""What is left of an invocation's time where nothing more is begun."""

Answer = dict[str, Json]
Deed = Callable[[str], Awaitable[None]]


class Record(BaseModel):
    """One message of the queue's."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str = Field(alias="messageId")
    body: str = Field(repr=False)


@dataclass(slots=True)
class Batch:
    """What the messages ask for, each thing once, with the ids of those that ask for it."""

    nudges: dict[str, Nudge] = field(default_factory=dict)
    told_by: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    greeted_by: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)

    def add(self, id: str, asked: Nudge | Greet) -> None:
        if isinstance(asked, Greet):
            self.greeted_by[asked.connection].append(id)
            return
        known = self.nudges.get(asked.execution, asked)
        [self.nudges[asked.execution]] = merged((known, asked))
        self.told_by[asked.execution].append(id)


async def answer_nudges(sockets: StoredSockets, event: Event, *, deadline: float) -> Answer | None:
    """A queue's batch is answered with the messages to bring again; the rest with nothing.
    `deadline` is a time of `sockets.clock.monotonic()`.

    Raises UnknownEvent."""
    kind = kind_of(event)
    if kind is Kind.QUEUE:
        return await _answer_batch(sockets, event, deadline=deadline)
    try:
        if kind is Kind.SCHEDULE:
            await sockets.ticking.tick(deadline=deadline)
        else:
            await _tell_news(sockets, kind, event, deadline=deadline)
    except Unreadable as error:
        log.error("news can't be read", kind=kind.value, why=str(error))
    except ServiceError as error:
        log.warning("news put off", kind=kind.value, code=error.code)
    return None


async def _tell_news(sockets: StoredSockets, kind: Kind, event: Event, *, deadline: float) -> None:
    """Nobody brings these again, so what fails is put into the queue. Raises Unreadable."""
    batch = Batch()
    nudges = logged(event) if kind is Kind.LOGS else (status_change(event),)
    for nudge in nudges:
        if nudge is not None:
            batch.add(nudge.execution, nudge)
    await _serve(sockets, batch, deadline=deadline)
    for execution in batch.failed:
        await sockets.telling.put_off(batch.nudges[execution])


async def _answer_batch(sockets: StoredSockets, event: Event, *, deadline: float) -> Answer:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    batch = Batch()
    for raw in event["Records"]:
        record = Record.model_validate(raw)
        try:
            asked = _asked(record.body)
        except (Unreadable, ValueError) as error:
            log.error("message can't be read", message_id=record.id, why=str(error))
            batch.failed.append(record.id)
            continue
        if asked is not None:
            batch.add(record.id, asked)
    await _serve(sockets, batch, deadline=deadline)
    return {"batchItemFailures": [{"itemIdentifier": id} for id in batch.failed]}


async def _serve(sockets: StoredSockets, batch: Batch, *, deadline: float) -> None:
    """Greetings and news side by side; what fails, or finds no time, stands in `batch.failed`."""

    async def greet(connection: str) -> None:
        await sockets.conversation.greet(connection, deadline=deadline)

    async def tell(execution: str) -> None:
        await sockets.telling.tell(batch.nudges[execution], deadline=deadline)

    async def serve(item: tuple[Deed, str, list[str]]) -> None:
        deed, name, ids = item
        late = sockets.clock.monotonic() >= deadline - STARTING_S
        if late or not await _done(deed, name):
            batch.failed += ids

    asked = [(greet, batch.greeted_by), (tell, batch.told_by)]
    items = [(deed, name, ids) for deed, names in asked for name, ids in names.items()]
    await abreast(items, serve, asyncio.Semaphore(AT_ONCE))


async def _done(deed: Deed, name: str) -> bool:
    """Whether it went well. One's trouble is nobody else's."""
    try:
        await deed(name)
    except ServiceError as error:
        log.warning("nudge failed", about=name, code=error.code)
        return False
    except Exception:
        log.exception("nudge failed", about=name)
        return False
    return True


def _asked(body: str) -> Nudge | Greet | None:
    """A message of ours, or a status change that a rule put into the queue; None for what needs
    nothing done. Raises Unreadable, and ValueError, neither of which repeats the text."""
    try:
        message = from_json(body)
    except (ValueError, TypeError):  # the latter for half of a character
        raise Unreadable("A message is JSON.") from None
    if isinstance(message, Mapping) and "detail-type" in message:
        return status_change(message)
    return parse_reminder(body)
