"""Hands news of executions, queue messages and schedules to the use-cases. What can't be read is
logged without its content."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from service.core.apigateway import Greet, Nudge, parse_reminder
from service.core.errors import ServiceError
from service.core.models import Json
from service.usecases.apigateway.gateway_sockets import GatewaySockets
from service.usecases.apigateway.timing import gather_bounded, succeeds

from .eventbridge_and_logs import Unreadable, logged, merged, status_change
from .invocation import Event, Kind, kind_of

Wanted = TypeVar("Wanted", bound=Nudge | Greet)
log = structlog.get_logger(__name__)

AT_ONCE = 10
"""How many executions and connections are served side by side."""

STARTING_S = 5.0
"""With less of an invocation's time left, nothing more is begun."""


class QueueMessage(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str = Field(alias="messageId")
    body: str = Field(repr=False)


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
    nudges = logged(event) if kind is Kind.LOGS else (status_change(event),)
    known = [nudge for nudge in nudges if nudge is not None]
    for failed in await _serve(sockets, known, deadline=deadline):
        await sockets.fan_out.defer(failed)


async def _answer_batch(
    sockets: GatewaySockets, event: Event, *, deadline: float
) -> dict[str, Json]:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    asked: dict[str, Nudge | Greet] = {}
    failed: list[str] = []
    for raw in event["Records"]:
        message = QueueMessage.model_validate(raw)
        try:
            if (found := _asked(message.body)) is not None:
                asked[message.id] = found
        except (Unreadable, ValueError) as error:
            log.error("message can't be read", message_id=message.id, why=str(error))
            failed.append(message.id)
    greets = dict.fromkeys(each for each in asked.values() if isinstance(each, Greet))
    nudges = merged(each for each in asked.values() if isinstance(each, Nudge))
    wanted: list[Nudge | Greet] = [*greets, *nudges]
    undone = {_about(each) for each in await _serve(sockets, wanted, deadline=deadline)}
    failed += [id for id, each in asked.items() if _about(each) in undone]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}


async def _serve(
    sockets: GatewaySockets, wanted: Iterable[Wanted], *, deadline: float
) -> list[Wanted]:
    """Serves connections and executions side by side, and answers what failed or found no time.
    One's trouble is nobody else's."""
    failed: list[Wanted] = []

    async def serve(each: Wanted) -> None:
        if sockets.clock.monotonic() >= deadline - STARTING_S:
            failed.append(each)
            return
        if isinstance(each, Greet):
            work = sockets.conversation.greet(each.connection, deadline=deadline)
        else:
            work = sockets.fan_out.deliver(each, deadline=deadline)
        if not await succeeds(work, "nudge failed", about=_about(each)):
            failed.append(each)

    await gather_bounded(wanted, serve, asyncio.Semaphore(AT_ONCE))
    return failed


def _about(asked: Nudge | Greet) -> str:
    return asked.connection if isinstance(asked, Greet) else asked.execution


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
