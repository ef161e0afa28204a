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
from typing import TYPE_CHECKING, Any

from handrail.core.definition.machine_file import stage_names
from handrail.core.partitions import partition_of
from handrail.usecases.machine_folder import MachineFolder, Refused

from . import HOST, NO_PORT_URL
from .errors import EngineError
from .handlers import loaded_folders
from .lean_import import import_interpreter
from .virtual_clock.clock import EngineClock, RunningClock

if TYPE_CHECKING:
    from .assembly import Assembly

_RUNNING = Lock()


@dataclass(frozen=True, slots=True)
class Engine:
    """What a client needs to call the engine, which takes any credentials, and what it serves.
    Without a port the URL is only for botocore's clients made in this process."""

    endpoint_url: str
    region: str
    account_id: str
    folders: tuple[MachineFolder, ...]
    assembly: "Assembly"
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
    time_scale: float = 1,
) -> AsyncIterator[Engine]:
    """Serve the handlers and queues that `machines_dir` names; its state machines aren't deployed.
    Port 0 means any free one. The engine's time goes `time_scale` times as fast as real time. One
    engine a process at a time. Raises EngineError, also for a folder that can't be served, unless
    `refused` is there to be told of it. Leaving stops every execution; handlers that won't be
    cancelled end with the process."""
    stack = ExitStack()
    engine = running(
        machines_dir,
        environment=environment,
        region=region,
        port=port,
        refused=refused,
        clock=RunningClock(time_scale),
    )
    try:
        yield await _in_daemon_thread(lambda: stack.enter_context(engine))
    finally:
        await _in_daemon_thread(stack.close)


@contextmanager
def running(
    machines_dir: Path,
    *,
    environment: str,
    region: str,
    port: int | None,
    refused: Refused | None = None,
    clock: EngineClock,
) -> Iterator[Engine]:
    """As `embedded_engine`; blocks for seconds at first use: importing moto and its grammar. With
    None for a port, botocore's clients made in this process are all that reach it."""
    if not _RUNNING.acquire(blocking=False):  # moto's backends and settings are the process's
        raise EngineError("An embedded engine runs in this process already.")
    with ExitStack() as stack:
        stack.callback(_RUNNING.release)
        listener = None if port is None else stack.enter_context(_listening(port))
        try:
            import_interpreter()
            from .assembly import assembled  # noqa: PLC0415 imports moto: seconds
            from .in_process import InProcess, clients_call  # noqa: PLC0415
        except ModuleNotFoundError as error:
            problem = f"The embedded engine needs {error.name}: pip install 'handrail[local]'."
            raise EngineError(problem) from error
        in_process = InProcess()
        if listener is None:
            stack.enter_context(clients_call(in_process))  # handlers may make theirs at import
        known = {"REGION": region, "PARTITION": partition_of(region), **stage_names(environment)}
        loaded = stack.enter_context(loaded_folders(machines_dir, known, refused))
        assembly = stack.enter_context(assembled(in_process, listener, loaded, region, clock=clock))
        url = f"http://{HOST}:{listener.getsockname()[1]}" if listener else NO_PORT_URL
        yield Engine(url, region, assembly.account.id, tuple(loaded.folders), assembly)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((HOST, port), backlog=1024)
    except OSError as error:
        problem = os.strerror(error.errno or 0)
        raise EngineError(f"The engine can't listen on {HOST}:{port}: {problem}.") from error
    with closing(listener):
        yield listener


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
