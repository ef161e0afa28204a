"""Metrics that are asked for when they are read, and those that are written for CloudWatch."""

import asyncio
import io
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from handrail.entrypoints.compose_metrics import REPORT_S, reporting, show_reads
from handrail.telemetry.metrics import Metrics
from handrail.usecases.live.read_budget import read_budget
from tests.environment import settings_of
from tests.fakes import BEGIN, FakeClock
from tests.telemetry.emf_documents import published
from tests.telemetry.samples import samples

STAGE = ("Stage", "prod")
EVENTS = "Push", (STAGE, ("Kind", "events"))


class Setting:
    def __init__(self, **settings: str) -> None:
        self.settings = settings_of(environment="prod", **settings)
        self.metrics, self.clock, self.stream = Metrics(), FakeClock(BEGIN), io.StringIO()

    @property
    def told(self) -> list[float]:
        """What each report so far told of pushed events."""
        values: list[float] = published(self.stream.getvalue()).get(EVENTS, [])
        return values

    async def reported(self) -> None:
        """Once the thread that writes is done, and the next report is waited for."""
        async with asyncio.timeout(20):
            while not self.clock.waiting:  # noqa: ASYNC110 a thread says nothing
                await asyncio.sleep(0)

    def reporting(self, *, lasting: bool = True) -> AbstractAsyncContextManager[Callable[[], None]]:
        return reporting(
            self.settings, self.metrics, self.clock, lasting=lasting, stream=self.stream
        )


async def test_a_report_is_written_every_minute_and_in_the_end() -> None:
    setting = Setting(metrics="emf")
    async with setting.reporting():
        setting.metrics.push("events", 5)
        await setting.clock.advance(REPORT_S - 1)
        assert setting.told == []
        await setting.clock.advance(1)
        await setting.reported()
        assert setting.told == [5]
        setting.metrics.push("events", 2)
        await setting.clock.advance(REPORT_S)
        await setting.reported()
        assert setting.told == [5, 2]
        setting.metrics.push("events", 1)
    assert setting.told == [5, 2, 1]
    assert setting.clock.waiting == 0


async def test_a_process_that_freezes_reports_when_it_is_told_to() -> None:
    setting = Setting(metrics="emf")
    async with setting.reporting(lasting=False) as report:
        setting.metrics.push("events", 5)
        assert setting.clock.waiting == 0
        report()
        assert setting.told == [5]
        setting.metrics.push("events", 1)
    assert setting.told == [5]


@pytest.mark.parametrize("lasting", [True, False])
@pytest.mark.parametrize("chosen", [{}, {"metrics": "prometheus"}])
async def test_without_emf_nothing_is_written_and_nothing_waits(
    chosen: dict[str, str], lasting: bool
) -> None:
    setting = Setting(**chosen)
    async with setting.reporting(lasting=lasting) as report:
        setting.metrics.push("events")
        report()
        assert setting.clock.waiting == 0
    assert setting.stream.getvalue() == ""


def test_without_emf_it_isn_t_imported() -> None:
    import_all = "import sys, handrail.entrypoints.serve as _"
    check = "assert 'handrail.telemetry.emf' not in sys.modules"
    subprocess.run([sys.executable, "-c", f"{import_all}; {check}"], check=True)  # noqa: S603


async def test_a_bucket_is_shown_as_full_as_it_is() -> None:
    metrics, clock = Metrics(), FakeClock()
    budget = read_budget(clock, reads_per_s=20, burst=400)
    show_reads(metrics, budget)
    used = "handrail_read_budget_used_ratio", "ListExecutions"
    assert samples(metrics)[used] == 0

    async def read() -> None:
        return None

    for _ in range(50):
        await budget.lists.call(read)
    assert samples(metrics)[used] == pytest.approx(0.25)
    await clock.advance(5)
    assert samples(metrics)[used] == pytest.approx(0.125)
