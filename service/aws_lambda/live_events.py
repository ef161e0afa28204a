"""Answers live events: those of sockets that API Gateway holds, news of executions, messages of the
queue, and schedules. What can't be read is logged without its content."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from handrail.core.apigateway import Greet, Nudge, parse_reminder
from handrail.core.errors import DeadlineExceeded, ServiceError
from handrail.core.models import Json
from handrail.core.pushes import PushedEvent, Unreadable, parse_status
from handrail.entrypoints.compose_apigateway import sockets_on
from handrail.entrypoints.compose_base import Base
from handrail.telemetry.request_log import RequestLog
from handrail.usecases.apigateway.gateway_sockets import GatewaySockets
from handrail.usecases.apigateway.timing import gather_bounded, succeeds

from .apigateway_websocket import answer_socket
from .eventbridge_and_logs import logged, merged, nudges_of, status_change
from .invocation import Context, Event, Kind, kind_of, time_for_work_s

Wanted = TypeVar("Wanted", bound=Nudge | Greet)
log = structlog.get_logger(__name__)

AT_ONCE = 10
"""How many executions and connections are served side by side."""

STARTING_S = 5.0
"""With less of an invocation's time left, nothing more is begun."""

SOCKET_S = 25.0
"""API Gateway waits 29 s for a socket's integration, a cold start included, however long the
function may take: what takes longer is left to an invocation of its own.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""


class LiveEvents:
    """Serves the sockets that API Gateway holds. Raises SettingsError."""

    def __init__(self, base: Base) -> None:
        self._sockets = sockets_on(base)
        self._log = RequestLog(base.settings.request_log)

    async def answer(self, event: Event, kind: Kind, context: Context) -> Any:
        """Answers what the sender expects: a route's answer, a batch's failures, or nothing. What
        hangs is cut off. Raises DeadlineExceeded then, so that queues, EventBridge and the logs
        bring the event again."""
        ends_in_s = time_for_work_s(context)
        try:
            async with asyncio.timeout(ends_in_s) as limit:
                deadline = asyncio.get_running_loop().time() + time_for(kind, ends_in_s)
                if kind is Kind.WEBSOCKET:
                    answering = answer_socket(self._sockets, event, self._log, deadline=deadline)
                    return await answering
                return await answer_nudges(self._sockets, event, deadline=deadline)
        except TimeoutError:
            if not limit.expired():
                raise
        log.error("event cut off: out of time", kind=kind.value)
        if kind is Kind.WEBSOCKET:
            return {"statusCode": 504}
        raise DeadlineExceeded("The invocation's time was up.")


def time_for(kind: Kind, left_s: float) -> float:
    """How long an event may take of what the invocation has left."""
    return min(left_s, SOCKET_S) if kind is Kind.WEBSOCKET else left_s


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
    """Delivers the news. Their sender doesn't retry, so what fails goes into the queue. Raises
    Unreadable."""
    pushes = logged(event) if kind is Kind.LOGS else (parse_status(event),)
    events: dict[str, list[PushedEvent]] = defaultdict(list)
    for push in pushes:
        if isinstance(push, PushedEvent):
            events[str(push.execution)].append(push)
    for failed in await _serve(sockets, nudges_of(pushes), deadline=deadline, events=events):
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
    sockets: GatewaySockets,
    wanted: Iterable[Wanted],
    *,
    deadline: float,
    events: Mapping[str, Sequence[PushedEvent]] = MappingProxyType({}),
) -> list[Wanted]:
    """Serves connections and executions side by side, and answers what failed or found no time.
    One's trouble is nobody else's. `events` are those that were pushed, by execution."""
    failed: list[Wanted] = []

    async def serve(each: Wanted) -> None:
        if sockets.clock.monotonic() >= deadline - STARTING_S:
            failed.append(each)
            return
        if isinstance(each, Greet):
            work = sockets.conversation.greet(each.connection, deadline=deadline)
        else:
            pushes = events.get(each.execution, ())
            work = sockets.fan_out.deliver(each, deadline=deadline, pushes=pushes)
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
