"""Signals ask to stop."""

import asyncio
import os
import signal

import pytest

from handrail.entrypoints.signals import SIGNALS, stopping


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_asks_to_stop(number: signal.Signals) -> None:
    stop = asyncio.Event()
    with stopping(stop):
        os.kill(os.getpid(), number)
        async with asyncio.timeout(5):
            await stop.wait()


async def test_a_second_one_is_left_to_the_system_until_the_end() -> None:
    """What Python does of it may be dropped, as in a finalizer."""
    before, stop = [signal.getsignal(number) for number in SIGNALS], asyncio.Event()
    with stopping(stop):
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(5):
            await stop.wait()
        assert [signal.getsignal(number) for number in SIGNALS] == [signal.SIG_DFL] * 2
    assert [signal.getsignal(number) for number in SIGNALS] == before
