"""Records and exports traces by OpenTelemetry. Nothing of its SDK is imported before tracing is
opened: it comes with the extra `otel`, and costs nothing where HANDRAIL_TRACES is off.

Where to, how much and how: OpenTelemetry's own variables say it (OTEL_EXPORTER_OTLP_ENDPOINT,
OTEL_TRACES_SAMPLER, OTEL_BSP_MAX_QUEUE_SIZE …), which its SDK reads."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from handrail.core.errors import SettingsError

if TYPE_CHECKING:
    from handrail.telemetry.tracer import Tracer

log = structlog.get_logger(__name__)

MISSING = 'HANDRAIL_TRACES: needs OpenTelemetry\'s SDK: pip install "handrail[otel]"'
DISABLED = "OTEL_SDK_DISABLED"
FLUSH_S = 5.0
"""How long what is recorded may take to be exported when the process ends."""


@asynccontextmanager
async def open_tracing(
    *, wanted: bool, environment: str, flush_s: float = FLUSH_S
) -> "AsyncIterator[Tracer | None]":
    """None where no traces are wanted, or OpenTelemetry's own variable disables its SDK. At the end
    what is recorded is exported, within `flush_s`; what isn't by then is lost, which a line says.
    Raises SettingsError where the extra `otel` isn't installed, or its variables can't be used."""
    if not wanted or os.environ.get(DISABLED, "").strip().lower() == "true":
        yield None
        return
    tracer = _opened(environment)
    try:
        yield tracer
    finally:
        if not await in_time(tracer.close, flush_s):
            log.warning("traces not exported", within_s=flush_s)


async def in_time(export: Callable[[], object], limit_s: float) -> bool:
    """Runs what may hang in a thread that keeps no process from ending; whether it ended."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        try:
            export()
        finally:
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=run, name="handrail-traces", daemon=True).start()
    try:
        async with asyncio.timeout(limit_s):
            await ended.wait()
    except TimeoutError:
        return False
    return True


def collector() -> str:
    """The host that OpenTelemetry's variables have traces sent to; the address may hold a
    credential. Raises SettingsError where they name none."""
    named = (f"OTEL_EXPORTER_OTLP_{which}ENDPOINT" for which in ("TRACES_", ""))
    url = urlsplit(next(filter(None, map(os.environ.get, named)), "http://localhost:4318"))
    host = url.netloc.rpartition("@")[2]
    if url.scheme not in {"http", "https"} or not host:
        raise SettingsError("OTEL_EXPORTER_OTLP_ENDPOINT: must be an http:// or https:// URL")
    return host


def _opened(environment: str) -> "Tracer":
    try:
        from handrail.telemetry.tracer import Tracer  # noqa: PLC0415 the SDK, which is an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "opentelemetry":
            raise
        raise SettingsError(MISSING) from error
    return Tracer.opened(environment)
