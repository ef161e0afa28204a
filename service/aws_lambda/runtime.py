"""Runs one instance of the Lambda function: its loop, and its services, opened by the first event
and reused by all that follow.

Lambda freezes the process between two invocations, for seconds or hours. So whatever an invocation
has begun is finished, or given up, before its answer goes out. What stays is memory that waits (the
watchers' histories) and idle connections: the client drops old ones, and repeats a call on one that
has died.
"""

import asyncio
import gc
import os
import random
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import structlog

from handrail.core.errors import ServiceError, SettingsError
from handrail.settings import Settings, variable_of
from handrail.telemetry.logs import configure_logs
from handrail.telemetry.tracing import in_time

from .invocation import (
    HTTP,
    TRIGGERS,
    Context,
    Event,
    Kind,
    UnknownEvent,
    invocation_trace,
    kind_of,
    left_s,
)
from .problem_answers import LambdaAnswer, NotSetUp, Sender, refusal

if TYPE_CHECKING:
    from handrail.entrypoints.compose_base import Base
    from handrail.usecases.live import Hub
    from handrail.usecases.trace_exports import TraceExports

    from .callback_batches import CallbackBatches
    from .http_events import HttpEvents
    from .live_events import LiveEvents

T = TypeVar("T")
log = structlog.get_logger(__name__)

SETTLING_S = 1.0
"""How long what an invocation has begun may go on after its answer is made, and how long it may
take to end where it doesn't, if the invocation has the time."""

LEAVING_S = 0.2
"""When all is over before the invocation's end: Lambda kills an instance that is late."""

BRIEFLY_S = 0.1
"""For what is given up to end, however little time there is."""

EXPORTING_S = 2.0
"""How long the export of an invocation's traces may hold it up."""

RETRY_AFTER_S = 5.0

SNAP_START = "snap-start"
"""What AWS_LAMBDA_INITIALIZATION_TYPE says while a snapshot is made:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""


@dataclass(eq=False)
class Function:
    """Called by Lambda, one event at a time. `settings` and `endpoint_url` are the tests' way
    in; `started` is called once, when the services were opened or could not be."""

    settings: Callable[[], Settings] = Settings.read
    endpoint_url: str | None = None
    logs: Callable[[str, str], None] = configure_logs
    started: Callable[[], None] | None = None
    _logging: bool = field(default=False, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack, init=False)
    _base: "Base | None" = field(default=None, init=False)
    _http: "HttpEvents | None" = field(default=None, init=False)
    _live: "LiveEvents | None" = field(default=None, init=False)
    _callbacks: "CallbackBatches | None" = field(default=None, init=False)

    def __call__(self, event: Event, context: Context) -> Any:
        """Answers the sender. Raises UnknownEvent, and what kept the services from being opened,
        where the sender takes no HTTP answer."""
        if not self._logging:  # before there is anything to log; the settings confirm it later
            self.logs(_log_setting("log_level"), _log_setting("log_format"))
            self._logging = True
        with structlog.contextvars.bound_contextvars(**_identity(context)):
            try:
                kind = kind_of(event)
            except UnknownEvent as error:
                # Its content could be anything.
                log.error("event of an unknown kind", why=str(error))
                raise
            try:
                if kind in HTTP:
                    return self._answer_http(event, kind, context)
                serving = self._opened(self._serving(event, kind))
                return self._wait(self._traced(serving, event, kind, context))
            finally:
                self._wait(self._settle(context))
                self._wait(self._export(context))
                if self._base is not None:
                    self._base.report()

    def close(self) -> None:
        """Closes everything. Lambda never says when; for whoever makes several."""
        if self._loop is None:
            return
        self._wait(self._stack.aclose())
        self._wait(self._loop.shutdown_default_executor())
        self._loop.close()
        asyncio.set_event_loop(None)
        self._loop = None

    def _answer_http(self, event: Event, kind: Kind, context: Context) -> LambdaAnswer:
        try:
            http = self._opened(self._http_events())
        except (SettingsError, ServiceError):
            error = NotSetUp(
                "The service could not be started; its log says why.", retry_after_s=RETRY_AFTER_S
            )
            return refusal(error, Sender.of(event, kind), request_id=context.aws_request_id)
        return http.answer(event, kind, context)

    def _opened(self, opening: Coroutine[Any, Any, T]) -> T:
        """Raises SettingsError, ServiceError; the next event tries again."""
        try:
            return self._wait(opening)
        except (SettingsError, ServiceError) as error:
            log.critical("start-up failed", why=str(error))
            raise
        finally:
            started, self.started = self.started, None
            if started is not None:
                started()

    async def _http_events(self) -> "HttpEvents":
        if self._http is None:
            from .http_events import HttpEvents  # noqa: PLC0415 Quart, which live events do without

            self._http = HttpEvents(await self._open_base())
            self._stack.push_async_callback(self._http.services.sockets.close)
        return self._http

    async def _serving(self, event: Event, kind: Kind) -> "LiveEvents | CallbackBatches":
        """What serves an event that isn't HTTP: of two queues each has its own."""
        queue = (await self._open_base()).settings.callbacks_queue
        if kind is not Kind.QUEUE or queue is None:
            return await self._live_events()
        from .callback_batches import CallbackBatches, brings_callbacks  # noqa: PLC0415 few need it

        if not brings_callbacks(event, queue):
            return await self._live_events()
        if self._callbacks is None:
            self._callbacks = CallbackBatches(await self._open_base())
        return self._callbacks

    async def _live_events(self) -> "LiveEvents":
        if self._live is None:
            from .live_events import LiveEvents  # noqa: PLC0415 the table, which HTTP does without

            self._live = LiveEvents(await self._open_base())
        return self._live

    async def _open_base(self) -> "Base":
        if self._base is None:
            from handrail.auth.setup import ANYWHERE, bound_to, refuse_exposure  # noqa: PLC0415 aiohttp
            from handrail.entrypoints.compose_aws import aws_config  # noqa: PLC0415 AWS's SDK
            from handrail.entrypoints.compose_base import open_base  # noqa: PLC0415

            settings = with_emf(self.settings())
            self.logs(settings.log_level, settings.log_format)
            refuse_exposure(settings, ANYWHERE)
            refuse_status_changes(settings)
            config = replace(aws_config(settings), endpoint_url=self.endpoint_url)
            self._base = await self._stack.enter_async_context(
                open_base(bound_to(settings, ANYWHERE), config, promises=False)
            )
        return self._base

    async def _traced(
        self,
        serving: "LiveEvents | CallbackBatches",
        event: Event,
        kind: Kind,
        context: Context,
    ) -> Any:
        """Of an HTTP event each request has a span, of any other the invocation."""
        if self._base is None or (tracer := self._base.tracer) is None:
            return await serving.answer(event, kind, context)
        told = {"faas.trigger": TRIGGERS[kind], "faas.invocation_id": context.aws_request_id}
        with tracer.working(kind.value, invocation_trace(), told):
            return await serving.answer(event, kind, context)

    async def _export(self, context: Context) -> None:
        """Hands over what was recorded: the next invocation may be hours away, or none."""
        if self._base is None or (tracer := self._base.tracer) is None:
            return
        exporting_s = min(EXPORTING_S, max(BRIEFLY_S, left_s(context) - LEAVING_S))
        if not await in_time(tracer.flush, exporting_s):
            log.warning("traces not exported in time", waited_s=round(exporting_s, 3))

    async def _settle(self, context: Context) -> None:
        """Finishes what was begun: it would hang half done, and time out on waking up. What finds
        no time is given up: the invocation ends first."""
        if self._base is None:
            return
        hub, exports = self._base.hub, self._base.tracing.exports
        staying = hub.tasks | (exports.tasks if exports is not None else frozenset())
        others = asyncio.all_tasks() - staying - {asyncio.current_task()}
        resting = asyncio.ensure_future(self._rest(hub, exports))
        settling_s = min(SETTLING_S, max(0.0, left_s(context) - LEAVING_S - BRIEFLY_S))
        _, late = await asyncio.wait({resting, *others}, timeout=settling_s)
        if not late:
            return
        log.info("unfinished work cancelled", tasks=len(late))
        for task in late:
            task.cancel()
        ending_s = min(SETTLING_S, max(BRIEFLY_S, left_s(context) - LEAVING_S))
        await asyncio.wait(late | hub.cancel_reads(), timeout=ending_s)

    async def _rest(self, hub: "Hub", exports: "TraceExports | None") -> None:
        """Until no read is under way, and no execution that ended waits to be exported. One that
        does all the same is exported by the next invocation."""
        await hub.wait_idle()
        if exports is not None:
            await exports.flush()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs the loop, which stays the current one: Mangum looks for it there."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        return self._loop.run_until_complete(work)


def with_emf(settings: Settings) -> Settings:
    """The same, with metrics written where nobody chose: nothing can scrape a Lambda function."""
    return settings if settings.metrics else settings.model_copy(update={"metrics": "emf"})


def refuse_status_changes(settings: Settings) -> None:
    """No function reads on between its events, so there nobody would be nudged. Raises
    SettingsError."""
    if settings.events_secret is not None:
        raise SettingsError(
            f"{variable_of('events_secret')}: on Lambda status changes come by the queue, where a"
            " rule of EventBridge's puts them (deploy/events.yaml); unset it"
        )


def preload(events: str) -> None:
    """Imports what `http` or `live` events need: an instance's initialisation has more processor
    time than most functions' invocations, where the same takes several times as long. Other values
    are refused with the settings."""
    if events in {"http", "live"}:
        import_module(f"handrail.aws_lambda.{events}_events")
        if os.environ.get(variable_of("metrics")) != "prometheus":
            import_module("handrail.telemetry.emf")


def outlive_snapshot(initialization: str) -> None:
    """With SnapStart every instance goes on from one snapshot of the memory, Python's generator of
    random numbers included: what spreads reads and retries would do so in step, and ids drawn from
    it would be the same. Each instance seeds it anew. Connections, credentials and clocks are no
    matter: the first event, which comes after, opens the services; and what secrets are made of
    is the system's.
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html"""
    if initialization == SNAP_START:
        import_module("snapshot_restore_py").register_after_restore(random.seed)  # Lambda's own


def keep_start_up() -> None:
    """Exempts what start-up made, which stays, from garbage collection."""
    gc.freeze()
    gc.enable()


def _identity(context: Context) -> dict[str, str]:
    """What every log line of the invocation says."""
    within, id = invocation_trace(), {"function_request_id": context.aws_request_id}
    return id if within is None else {**id, "trace_id": within.trace_id}


def _log_setting(name: str) -> str:
    """Reads a setting of the logs by itself: the default where it can't be used."""
    field = Settings.model_fields[name]
    said = os.environ.get(variable_of(name), "")
    return said if said in get_args(field.annotation) else str(field.default)
