"""A deployed function: as many instances as are needed at once, each a process that can be killed.

As Lambda does it: an instance handles one event at a time, is used again while it is warm, and one
that dies or takes too long is gone for good.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from .tasks import Tasks

ROOT = Path(__file__).parents[2]
LARGEST_BYTES = 16 * 1024 * 1024
START_S = 60.0
MODULE = ("-m", "tests.gateway.instance")


class FunctionError(Exception):
    """The invocation failed: the function raised, died, or took too long."""


class FunctionRaised(FunctionError):
    """`errorType: errorMessage`, as Lambda reports it."""


class FunctionDied(FunctionError):
    """The instance's process ended in the midst of it."""


class FunctionTimedOut(FunctionError):
    """It took longer than the function's timeout; the instance was killed."""


@dataclass(slots=True)
class Instance:
    """One process with the function in it."""

    child: subprocess.Popen[bytes]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: int = 0

    async def ask(self, event: Any, timeout_s: float) -> Any:
        """The function's answer. Raises FunctionError."""
        self.asked += 1
        self._write({"event": event, "timeout_s": timeout_s})
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self.hear()
        except TimeoutError:
            raise FunctionTimedOut(f"Task timed out after {timeout_s:.2f} seconds") from None
        if "error" in answer:
            raise FunctionRaised("{errorType}: {errorMessage}".format(**answer["error"]))
        return answer["answer"]

    async def hear(self) -> dict[str, Any]:
        try:
            line = await self.reader.readline()
        except ConnectionError:
            line = b""
        if not line:
            raise FunctionDied("Runtime exited without providing a reason")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)

    async def end(self) -> None:
        self.kill()
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()
        await asyncio.to_thread(self.child.wait)

    def _write(self, message: Mapping[str, Any]) -> None:
        self.writer.write(json.dumps(message).encode() + b"\n")


@dataclass(slots=True)
class Deployed:
    """A function by its target, `module:object` (see `tests.gateway.instance`), and the whole
    environment of its instances. At most `most` run at once; further invocations wait."""

    name: str
    target: str
    variables: Mapping[str, str]
    timeout_s: float = 30.0
    most: int = 8
    idle: list[Instance] = field(default_factory=list)
    busy: list[Instance] = field(default_factory=list)
    _places: asyncio.Semaphore = field(init=False)
    _output: IO[str] = field(default_factory=partial(tempfile.TemporaryFile, "w+"))
    _tasks: Tasks = field(default_factory=Tasks)

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.most)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._tasks.cancel()
        await self.recycle()
        self._output.close()

    async def invoke(self, event: Any) -> Any:
        """The function's answer from an instance of its own for as long. Raises FunctionError. An
        invocation goes on although nobody waits for it any more."""
        answer, error = await asyncio.shield(self._tasks.start(self._outcome(event)))
        if error:
            raise error
        return answer

    def kill_busy(self) -> int:
        """SIGKILL what is at work right now; how many that were."""
        for instance in self.busy:
            instance.kill()
        return len(self.busy)

    async def recycle(self) -> None:
        """End the idle ones: the next invocation starts cold."""
        while self.idle:
            await self.idle.pop().end()

    @property
    def output(self) -> str:
        """What its instances wrote so far, on either stream."""
        fd = self._output.fileno()  # its instances share the file's position
        return os.pread(fd, LARGEST_BYTES, 0).decode(errors="replace")

    async def _outcome(self, event: Any) -> tuple[Any, FunctionError | None]:
        try:
            return await self._invoked(event), None
        except FunctionError as error:
            return None, error

    async def _invoked(self, event: Any) -> Any:
        async with self._places:
            instance = self.idle.pop() if self.idle else await self._start()
            self.busy.append(instance)
            healthy = False
            try:
                answer = await instance.ask(event, self.timeout_s)
                healthy = True
                return answer
            except FunctionRaised:
                healthy = True
                raise
            finally:
                self.busy.remove(instance)
                if healthy:
                    self.idle.append(instance)
                else:
                    await instance.end()

    async def _start(self) -> Instance:
        ours, theirs = socket.socketpair()
        with theirs:
            child = subprocess.Popen(  # noqa: ASYNC220, S603 our own command; it only forks
                [sys.executable, *MODULE, str(theirs.fileno()), self.target, self.name],
                cwd=ROOT,
                env=dict(self.variables),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
            )
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=LARGEST_BYTES)
        instance = Instance(child, reader, writer)
        try:
            async with asyncio.timeout(START_S):
                await instance.hear()
        except BaseException:
            await instance.end()
            raise
        return instance
