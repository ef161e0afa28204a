"""Starts the engine (binds, loads handlers, imports moto, serves) and shuts it down."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from handrail.core.definition.machine_file import stage_names
from handrail.core.partitions import partition_of
from handrail.usecases.machine_folder import MachineFolder, Refused

from .errors import EngineError
from .handlers import loaded_folders

HOST = "127.0.0.1"
_RUNNING = Lock()


@dataclass(frozen=True, slots=True)
class Engine:
    """What a client needs to call the engine, which takes any credentials, and what it serves."""

    endpoint_url: str
    region: str
    account_id: str
    folders: tuple[MachineFolder, ...]
    access_key_id: str = "handrail"
    secret_access_key: str = "not-a-secret"  # noqa: S105 any will do


@asynccontextmanager
async def embedded_engine(
    machines_dir: Path,
    *,
    environment: str = "dev",
    port: int = 0,
    region: str = "us-east-1",
    refused: Refused | None = None,
) -> AsyncIterator[Engine]:
    """Serve the handlers and queues that `machines_dir` names; its state machines aren't deployed.
    Port 0 means any free one. One engine a process at a time. Raises EngineError, also for a folder
    that can't be served, unless `refused` is there to be told of it. Leaving stops every execution;
    handlers that won't be cancelled end with the process."""
    stack = ExitStack()
    engine = _running(machines_dir, environment, port, region, refused)
    try:
        yield await _in_daemon_thread(lambda: stack.enter_context(engine))
    finally:
        await _in_daemon_thread(stack.close)


@contextmanager
def _running(
    machines_dir: Path, environment: str, port: int, region: str, refused: Refused | None
) -> Iterator[Engine]:
    """Blocks for seconds at first use: importing moto and its grammar."""
    if not _RUNNING.acquire(blocking=False):  # moto's backends and settings are the process's
        raise EngineError("An embedded engine runs in this process already.")
    with ExitStack() as stack:
        stack.callback(_RUNNING.release)
        try:
            listener = socket.create_server((HOST, port), backlog=1024)
        except OSError as error:
            problem = os.strerror(error.errno or 0)
            raise EngineError(f"The engine can't listen on {HOST}:{port}: {problem}.") from error
        stack.enter_context(closing(listener))
        partition = partition_of(region)
        known = {"REGION": region, "PARTITION": partition, **stage_names(environment)}
        loaded = stack.enter_context(loaded_folders(machines_dir, known, refused))
        try:
            from .assembly import assembled  # noqa: PLC0415 imports moto: seconds
        except ModuleNotFoundError as error:
            problem = f"The embedded engine needs {error.name}: pip install 'handrail[local]'."
            raise EngineError(problem) from error
        account_id = stack.enter_context(assembled(listener, loaded, region))
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        yield Engine(url, region, account_id, tuple(loaded.folders))


async def _in_daemon_thread(function: Callable[[], Any]) -> Any:
    """Unlike asyncio.to_thread's, this thread keeps no process alive that was told to stop."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()  # a cancelled caller leaves it running

    def call() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # handed over, whatever it is
            future.set_exception(error)

    Thread(target=call, name="engine start or stop", daemon=True).start()
    return await asyncio.wrap_future(future)
