"""Child processes: servers that run while something is measured, and one-shot measurements.

Each is a module of `benchmarks.processes`. A server prints one line when it is ready; a measurement
prints one JSON object and ends. Their errors go to this process's standard error.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

STARTUP_S = 30.0
STOP_S = 20.0
LAST_WORDS = 2000
PROJECT = Path(__file__).parents[1]
AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@dataclass(frozen=True, slots=True)
class Child:
    """A running server: its process id and what it said when it was ready."""

    pid: int
    said: str

    @property
    def url(self) -> str:
        """The last word of the ready line."""
        return self.said.split()[-1]


def python(module: str, *arguments: object) -> list[str]:
    """The command that runs a module of `benchmarks.processes` with this interpreter."""
    return [sys.executable, "-m", f"benchmarks.processes.{module}", *map(str, arguments)]


def handrail(*arguments: object, profile: Path | None = None) -> list[str]:
    """The command that runs the service as installed, or with a Sampler."""
    if profile is not None:
        return python("profiled", profile, *arguments)
    code = "from handrail.cli import main; main()"
    return [sys.executable, "-c", code, *map(str, arguments)]


def selected_service(*arguments: object) -> tuple[list[str], dict[str, str]]:
    """The command that runs the service of the tree that PYTHONPATH names, this one where it names
    none, and the environment that makes it so."""
    command = [sys.executable, "-P", "-m", "handrail", *map(str, arguments)]
    return command, {"PYTHONPATH": os.environ.get("PYTHONPATH") or str(PROJECT)}


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    quiet: bool = False,
) -> AsyncIterator[Child]:
    """A server, from its ready line until SIGTERM. `quiet` keeps what it writes to its standard
    error, its log, in a file that is dropped at the end. Raises TimeoutError, or RuntimeError with
    the end of that file, where it doesn't come up."""
    with tempfile.TemporaryFile() as log:
        process = await _spawn(command, environment or {}, errors=log if quiet else None)
        try:
            assert process.stdout is not None
            async with asyncio.timeout(STARTUP_S):
                line = await process.stdout.readline()
            if not line:
                await process.wait()
                log.seek(0)
                said = log.read().decode(errors="replace")[-LAST_WORDS:]
                raise RuntimeError(f"{command[2]} ended before it was ready\n{said}")
            yield Child(process.pid, line.decode().strip())
        finally:
            await _stop(process)


async def measured(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The JSON object that a one-shot process prints. Raises RuntimeError where it fails."""
    process = await _spawn(command, environment or {})
    try:
        output, _ = await process.communicate()
    finally:
        await _stop(process)
    if process.returncode:
        raise RuntimeError(f"{command[2]} failed with {process.returncode}")
    answer: dict[str, Any] = json.loads(output)
    return answer


@contextlib.asynccontextmanager
async def talking(command: Sequence[str]) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """A measurement that says something before its JSON object: a function that waits for its
    next line, and raises RuntimeError where it ends without one."""
    process = await _spawn(command, {})
    assert process.stdout is not None
    stdout = process.stdout

    async def line() -> str:
        said = await stdout.readline()
        if not said:
            raise RuntimeError(f"{command[2]} failed with {await process.wait()}")
        return said.decode().strip()

    try:
        yield line
    finally:
        await _stop(process)


async def _spawn(
    command: Sequence[str], environment: Mapping[str, str], *, errors: IO[bytes] | None = None
) -> asyncio.subprocess.Process:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "HANDRAIL_", "PYTHON"))
    }
    return await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=errors,
        cwd=PROJECT,
        env={**inherited, **AWS_ENVIRONMENT, **environment},
    )


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
