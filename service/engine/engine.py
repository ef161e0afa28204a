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

from handrail.core.definition.machine_file import known_names
from handrail.core.errors import ServiceError
from handrail.core.models import Account
from handrail.core.partitions import partition_of
from handrail.usecases import machine_sources
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Refused

from . import HOST, NO_PORT_URL
from .errors import EngineError
from .handlers import LoadedFolders, loaded_folders
from .lean_import import import_interpreter
from .tracebacks import Report
from .virtual_clock.clock import EngineClock, RunningClock

if TYPE_CHECKING:
    from .assembly import Assembly

ACCOUNT_ID = "123456789012"  # moto's
_RUNNING = Lock()


@dataclass(frozen=True, slots=True)
class Engine:
    """What a client needs to call the engine, which takes any credentials, and what it serves.
    Without a port the URL is only for botocore's clients made in this process."""

    endpoint_url: str
    region: str
    account_id: str
    loaded: LoadedFolders
    assembly: "Assembly"
    access_key_id: str = "handrail"
    secret_access_key: str = "not-a-secret"  # noqa: S105 any will do

    @property
    def folders(self) -> tuple[MachineFolder, ...]:
        return self.loaded.folders

    async def set_up(self, refused: Refused | None = None) -> None:
        """Call the `setup` of each state machine, which finds the engine where this process'
        environment points. `refused` is told of those left out for it. Raises EngineError."""
        await _in_daemon_thread(lambda: self.loaded.set_up(refused))

    def push_events(self, stream: str) -> None:
        """Make this Kinesis stream, and put into it what executions log from now on and how their
        status changes, as a log group's subscription and EventBridge's rule do on AWS."""
        self.assembly.account.logs.push_to(stream)

    async def make_callback_queue(self, name: str) -> str:
        """Make the queue of this name, and its dead-letter queue: its URL."""
        from .queue_pair import make_queue  # noqa: PLC0415 few need it

        sqs = self.assembly.clients.client("sqs", self.region)
        await _in_daemon_thread(lambda: make_queue(sqs, name))
        return f"{self.endpoint_url}/{self.account_id}/{name}"

    async def reload(self, touched: Callable[[Path], bool], refused: Refused) -> None:
        """Read everything again, import anew what stands in `touched` folders, and set up what is
        new. `refused` is told of what can't be read or served now; as far as it was served before,
        it still is."""
        await _in_daemon_thread(lambda: self._reload(touched, refused))

    def _reload(self, touched: Callable[[Path], bool], refused: Refused) -> None:
        broken: set[Path] = set()

        def note(problem: FolderProblem) -> None:
            broken.add(problem.folder)
            refused(problem)

        if self.folders and not self.loaded.path.exists():
            refused(FolderProblem(self.loaded.path, "It is gone."))
            return
        try:
            found = machine_sources.load_what_can_be(self.loaded.path, note)
        except ServiceError as error:
            refused(FolderProblem(self.loaded.path, error.detail))
            return
        names = {(folder.path, folder.file.name) for folder in found}
        kept = [
            folder
            for folder in self.folders
            if folder.path in broken and (folder.path, folder.file.name) not in names
        ]
        self.loaded.load([*found, *kept], refused, touched)
        self.loaded.set_up(refused)


@asynccontextmanager
async def embedded_engine(
    machines_dir: Path,
    *,
    environment: str = "dev",
    port: int = 0,
    region: str = "us-east-1",
    refused: Refused | None = None,
    report: Report | None = None,
    time_scale: float = 1,
) -> AsyncIterator[Engine]:
    """Serve the handlers and queues of the state machines at `machines_dir`, which aren't deployed;
    `report` is told of handlers that fail. Port 0 means any free one. The engine's time goes
    `time_scale` times as fast as real time. One engine a process at a time. Raises EngineError,
    also for a folder that can't be served, unless `refused` is there to be told of it. Leaving
    stops every execution; handlers that won't be cancelled end with the process."""
    stack = ExitStack()
    engine = running(
        machines_dir,
        environment=environment,
        region=region,
        port=port,
        refused=refused,
        report=report,
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
    report: Report | None = None,
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
        known = known_names(Account(partition_of(region), region, ACCOUNT_ID), environment)
        loaded = stack.enter_context(loaded_folders(machines_dir, known, refused, report))
        assembling = assembled(in_process, listener, loaded, region, clock=clock, refused=refused)
        assembly = stack.enter_context(assembling)
        url = f"http://{HOST}:{listener.getsockname()[1]}" if listener else NO_PORT_URL
        yield Engine(url, region, assembly.account.id, loaded, assembly)


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
