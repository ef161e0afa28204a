"""Shows in the metrics what is only known by asking, and has them written for CloudWatch where the
settings say so."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, TextIO

import structlog

from handrail.clock import Clock
from handrail.settings import Settings
from handrail.telemetry.metrics import Metrics
from handrail.usecases.live import Hub
from handrail.usecases.live.read_budget import PacedCalls, ReadBudget
from handrail.usecases.live.watched_execution import WatchState

if TYPE_CHECKING:
    from handrail.telemetry.emf import EmfReports

log = structlog.get_logger(__name__)

REPORT_S = 60.0
"""The finest that CloudWatch keeps without being paid for more."""


def show_reads(metrics: Metrics, budget: ReadBudget) -> None:
    """Each operation's bucket, as full as it is when somebody looks."""
    for each in fields(budget):
        calls: PacedCalls = getattr(budget, each.name)
        metrics.show_reads(calls.operation, calls.used, calls.queue.__len__)


def show_watches(metrics: Metrics, hub: Hub) -> None:
    """The hub's watchers, as many as there are when somebody looks."""
    counts = {state.value: partial(hub.watchers_in, state) for state in WatchState}
    metrics.show_watches(lambda: hub.promised_s, counts)


@asynccontextmanager
async def reporting(
    settings: Settings,
    metrics: Metrics,
    clock: Clock,
    *,
    lasting: bool,
    stream: TextIO | None = None,
) -> AsyncIterator[Callable[[], None]]:
    """Writes reports meanwhile, and the last in the end, to stdout if no `stream` is given; where
    the process isn't `lasting`, only whenever what this yields is called. Without EMF nothing is
    imported, and nothing runs."""
    if settings.metrics != "emf":
        yield lambda: None
        return
    from handrail.telemetry.emf import EmfReports  # noqa: PLC0415 for those who want it alone

    reports = EmfReports(metrics.registry, settings.environment, clock.now, stream or sys.stdout)

    def report() -> None:
        metrics.refresh()
        reports.write()

    if not lasting:
        yield report
        return
    task = asyncio.get_running_loop().create_task(_report(reports, metrics, clock))
    try:
        yield report
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        report()


async def _report(reports: "EmfReports", metrics: Metrics, clock: Clock) -> None:
    """In a thread of its own: a pipe that is full for a while holds up nobody."""
    while True:
        await clock.sleep(REPORT_S)
        try:
            metrics.refresh()
            await asyncio.to_thread(reports.write)
        except Exception:
            log.exception("metrics not reported")
