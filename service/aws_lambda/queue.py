"""Hands news of executions, queue messages and schedules to the use-cases. What can't be read is
logged without its content."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from service.core.apigateway import Greet, Nudge, parse_reminder
from service.core.errors import ServiceError
from service.core.models import Json
from service.usecases.apigateway.gateway_sockets import GatewaySockets
from service.usecases.apigateway.timing import gather_bounded, succeeds

from .event_kinds import Event, Kind, kind_of
from .eventbridge_and_logs import Unreadable, logged, merged, status_change

log = structlog.get_logger(__name__)

AT_ONCE = 10
"""How many executions and connections are served side by side."""

STARTING_S = 5.0
"""With less of an invocation's time left, nothing more is begun."""

Job = Callable[[str], Awaitable[None]]


class QueueMessage(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str = Field(alias="messageId")
    body: str = Field(repr=False)


@dataclass(slots=True)
class Batch:
    """What the messages ask for, each thing once, with the ids of those that ask for it."""

    nudges: dict[str, Nudge] = field(default_factory=dict)
    nudged_by: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    greeted_by: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)

    def add(self, id: str, asked: Nudge | Greet) -> None:
        if isinstance(asked, Greet):
            self.greeted_by[asked.connection].append(id)
            return
        known = self.nudges.get(asked.execution, asked)
        [self.nudges[asked.execution]] = merged((known, asked))
        self.nudged_by[asked.execution].append(id)


async def answer_nudges(
    sockets: GatewaySockets, event: Event, *, deadline: float
) -> dict[str, Json] | None:
    """Answers a queue's batch with the messages to bring again, and the rest with nothing.
    `deadline` is a time of `sockets.clock.monotonic()`. Raises UnknownEvent."""
    kind = kind_of(event)
    if kind is Kind.QUEUE:
        return await _answer_batch(sockets, event, deadline=deadline)
    try:
        if kind is Kind.SCHEDULE:
            await sockets.schedule.tick(deadline=deadline)
        else:
            await _answer_news(sockets, kind, event, deadline=deadline)
    except Unreadable as error:
        log.error("event can't be read", kind=kind.value, why=str(error))
    except ServiceError as error:
        log.warning("event failed, left to the next tick", kind=kind.value, code=error.code)
    return None


async def _answer_news(
    sockets: GatewaySockets, kind: Kind, event: Event, *, deadline: float
) -> None:
    """Nobody brings these again, so what fails is put into the queue. Raises Unreadable."""
    batch = Batch()
    for nudge in logged(event) if kind is Kind.LOGS else (status_change(event),):
        if nudge is not None:
            batch.add(nudge.execution, nudge)
    await _serve(sockets, batch, deadline=deadline)
    for execution in batch.failed:
        await sockets.fan_out.defer(batch.nudges[execution])


async def _answer_batch(
    sockets: GatewaySockets, event: Event, *, deadline: float
) -> dict[str, Json]:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    batch = Batch()
    for raw in event["Records"]:
        message = QueueMessage.model_validate(raw)
        try:
            asked = _asked(message.body)
        except (Unreadable, ValueError) as error:
            log.error("message can't be read", message_id=message.id, why=str(error))
            batch.failed.append(message.id)
            continue
        if asked is not None:
            batch.add(message.id, asked)
    await _serve(sockets, batch, deadline=deadline)
    return {"batchItemFailures": [{"itemIdentifier": id} for id in batch.failed]}


async def _serve(sockets: GatewaySockets, batch: Batch, *, deadline: float) -> None:
    """Serves connections and executions side by side; what fails, or finds no time, is added to
    `batch.failed`. One's trouble is nobody else's."""

    async def greet(connection: str) -> None:
        await sockets.conversation.greet(connection, deadline=deadline)

    async def deliver(execution: str) -> None:
        await sockets.fan_out.deliver(batch.nudges[execution], deadline=deadline)

    async def serve(item: tuple[Job, str, list[str]]) -> None:
        job, name, ids = item
        late = sockets.clock.monotonic() >= deadline - STARTING_S
        if late or not await succeeds(job(name), "nudge failed", about=name):
            batch.failed += ids

    asked: list[tuple[Job, Mapping[str, list[str]]]]
    asked = [(greet, batch.greeted_by), (deliver, batch.nudged_by)]
    items = [(job, name, ids) for job, names in asked for name, ids in names.items()]
    await gather_bounded(items, serve, asyncio.Semaphore(AT_ONCE))


def _asked(body: str) -> Nudge | Greet | None:
    """Reads a message of ours, or a status change that a rule put into the queue; None for what
    needs nothing done. Raises Unreadable, and ValueError, neither of which repeats the text."""
    try:
        message = from_json(body)
    except (ValueError, TypeError):  # the latter for half of a character
        raise Unreadable("A message is JSON.") from None
    if isinstance(message, Mapping) and "detail-type" in message:
        return status_change(message)
    return parse_reminder(body)
