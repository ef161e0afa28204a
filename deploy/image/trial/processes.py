"""Processes that last: the engine outside of the image, and the service inside it."""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from .findings import CheckFailed

READY_S = 60.0
END_S = 20.0


@dataclass(frozen=True, slots=True)
class Running:
    """A process that has said it is ready: what it said, and after how many seconds."""

    process: asyncio.subprocess.Process
    said: str
    took_s: float
    log: IO[bytes]

    @property
    def errors(self) -> str:
        """What stands on its standard error so far."""
        return os.pread(self.log.fileno(), 1_000_000, 0).decode(errors="replace")

    async def ended(self) -> int:
        """Its exit code. Raises CheckFailed where it doesn't come."""
        try:
            async with asyncio.timeout(END_S):
                return await self.process.wait()
        except TimeoutError:
            raise CheckFailed(f"it didn't end in {END_S:g} s: {self.errors}") from None


@contextlib.asynccontextmanager
async def running(command: Sequence[str], variables: Mapping[str, str]) -> AsyncIterator[Running]:
    """From its first line on standard output on; killed at the end where it still runs. Raises
    CheckFailed where it doesn't come up."""
    with tempfile.TemporaryFile() as log:
        began_at = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *command, env=variables, stdout=asyncio.subprocess.PIPE, stderr=log
        )
        try:
            said = await _first_line(process)
            running = Running(process, said, time.monotonic() - began_at, log)
            if not said:
                raise CheckFailed(f"{command[-1]} didn't come up: {running.errors}")
            yield running
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _first_line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None  # noqa: S101 it is a pipe
    try:
        async with asyncio.timeout(READY_S):
            return (await process.stdout.readline()).decode().strip()
    except TimeoutError:
        return ""


def engine() -> list[str]:
    """The command of the embedded engine."""
    return [sys.executable, "-m", "deploy.image.trial.engine"]
