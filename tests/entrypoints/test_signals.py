"""Signals ask to stop."""

import asyncio
import os
import signal

import pytest

from handrail.entrypoints.signals import stopping


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_asks_to_stop(number: signal.Signals) -> None:
    stop = asyncio.Event()
    with stopping(stop):
        os.kill(os.getpid(), number)
        async with asyncio.timeout(5):
            await stop.wait()
