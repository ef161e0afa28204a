"""The engine's life: bind, load handlers, import moto, serve, shut down."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
)
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, TypeVar

from service.usecases.machine_folder import MachineFolder, Refused

from .errors import EngineError
from .folders import Folders
from .handlers import loaded_handlers

if TYPE_CHECKING:
    from .assembly import Parts

Result = TypeVar("Result")

HOST = "127.0.0.1"
_RUNNING = Lock()
_BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Engine:
    """Where the engine is and what a client needs to call it. Any credentials will do. `folders`
    are those whose handlers and queues it serves."""

    endpoint_url: str
    region: str
    account_id: str
    access_key_id: str
    secret_access_key: str
    folders: tuple[MachineFolder, ...]


@asynccontextmanager
async def embedded_engine(
    machines_dir: Path,
    *,
    environment: str = "dev",
    port: int = 0,
    region: str = "us-east-1",
    refused: Refused | None = None,
) -> AsyncIterator[Engine]:
    """Serve the handlers and queues that `machines_dir` names; deploying its state machines is the
    caller's. Port 0 means any free one. One engine a process at a time. Raises EngineError, also
    for a folder that can't be served, unless `refused` is there to be told of it.

    Leaving stops every execution; handlers that won't be cancelled end with the process.
    """
    stack = ExitStack()
    engine = _running(
        machines_dir, environment=environment, port=port, region=region, refused=refused
    )
    try:
        yield await _in_daemon_thread(lambda: stack.enter_context(engine))
    finally:
        await _in_daemon_thread(stack.close)


@contextmanager
def _running(
    machines_dir: Path, *, environment: str, port: int, region: str, refused: Refused | None
) -> Iterator[Engine]:
    """Blocks for seconds at first use: importing moto and its grammar."""
    with ExitStack() as stack:
        stack.enter_context(_the_only_one())
        listener = stack.enter_context(closing(_bind(port)))
        known = {"ENVIRONMENT": environment, "REGION": region}
        folders = Folders(refused)
        folders.load(machines_dir)
        handlers = stack.enter_context(
            loaded_handlers(folders.served, known, refused=folders.leave_out)
        )
        queues = folders.queues(known)
        assembled = _moto_parts()
        parts = stack.enter_context(
            assembled(listener, handlers=handlers, queues=queues, region=region)
        )
        yield Engine(
            endpoint_url=parts.endpoint_url,
            region=region,
            account_id=parts.account_id,
            access_key_id=parts.access_key_id,
            secret_access_key=parts.secret_access_key,
            folders=folders.served,
        )


@contextmanager
def _the_only_one() -> Iterator[None]:
    """moto's backends and settings are the process's."""
    if not _RUNNING.acquire(blocking=False):
        raise EngineError("An embedded engine runs in this process already.")
    try:
        yield
    finally:
        _RUNNING.release()


def _moto_parts() -> "Callable[..., AbstractContextManager[Parts]]":
    try:
        from .assembly import assembled  # noqa: PLC0415 imports moto: seconds
    except ModuleNotFoundError as error:
        raise EngineError(
            f"The embedded engine needs {error.name}: pip install 'handrail[local]'."
        ) from error
    return assembled


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise EngineError(f"The engine can't listen on {HOST}:{port}: {error.strerror}.") from error
    listener.listen(_BACKLOG)
    return listener


async def _in_daemon_thread(function: Callable[[], Result]) -> Result:
    """Unlike asyncio.to_thread's, this thread keeps no process alive that was told to stop."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type] # None only where Result is None
        else:
            future.set_exception(error)

    def call() -> None:
        try:
            outcome = function(), None
        except BaseException as error:  # handed over, whatever it is
            outcome = None, error  # type: ignore[assignment]
        loop.call_soon_threadsafe(settle, *outcome)

    Thread(target=call, name="engine start or stop", daemon=True).start()
    return await future
