"""A terminal for one command: a real pseudo-terminal, and what a person sees in it."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from rich.cells import cell_len, chop_cells

_SEQUENCE = re.compile(rb"\x1b\[([?0-9;]*)([@-~])")
_LONGEST_S = 20.0


class Screen:
    """Takes what a program writes: text, line ends, and the control sequences that move the cursor
    or erase. Lines that come to be too long for a narrower terminal wrap, as terminals do it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.lines = [""]
        self.row = self.column = 0
        self.unknown = set[bytes]()
        self._rest = b""

    def resize(self, columns: int, rows: int) -> None:
        wrapped = [chop_cells(line.rstrip(), columns) or [""] for line in self.lines]
        self.row = sum(map(len, wrapped[: self.row]))
        self.lines = [part for parts in wrapped for part in parts]
        self.columns, self.rows = columns, rows

    def feed(self, written: bytes) -> None:
        data, self._rest = self._rest + written, b""
        while data:
            if data[0] == 0x1B:
                if (found := _SEQUENCE.match(data)) is None:
                    self._rest = data
                    return
                self._control(found[1].decode(), found[2])
                data = data[found.end() :]
                continue
            text, escape, rest = data.partition(b"\x1b")
            try:
                letters = text.decode()
            except UnicodeDecodeError as error:  # a letter that isn't whole yet
                letters, self._rest = text[: error.start].decode(), data[error.start :]
                rest, escape = b"", b""
            for letter in letters:
                self._write(letter)
            data = escape + rest

    @property
    def seen(self) -> list[str]:
        """The lines on the screen; those above have scrolled away."""
        return [line.rstrip() for line in self.lines[-self.rows :]]

    def _write(self, letter: str) -> None:
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            self.row += 1
        else:
            if self.column + cell_len(letter) > self.columns:
                self.row, self.column = self.row + 1, 0
            self._line()
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1
        self._line()

    def _line(self) -> None:
        self.lines += [""] * (self.row + 1 - len(self.lines))

    def _control(self, numbers: str, kind: bytes) -> None:
        top = max(0, len(self.lines) - self.rows)
        match kind:
            case b"A":
                self.row = max(top, self.row - int(numbers or 1))
            case b"H":
                self.row, self.column = top, 0
            case b"J":
                self.lines[top:] = [""]
                self.row = min(self.row, len(self.lines) - 1)
            case b"K":
                self.lines[self.row] = ""
            case b"m" | b"h" | b"l":
                pass
            case _:
                self.unknown.add(kind)


class Terminal:
    """Runs a command, by itself `handrail` with these arguments, in a pseudo-terminal, inside
    `async with`, and ends it afterwards."""

    def __init__(
        self,
        *args: str,
        command: Sequence[str] = (sys.executable, "-m", "handrail"),
        columns: int = 80,
        rows: int = 30,
        environment: Mapping[str, str],
    ) -> None:
        self.screen = Screen(columns, rows)
        self.written = b""
        self._changed, self._closed = asyncio.Event(), asyncio.Event()
        self._reads, writes = pty.openpty()
        self._size(columns, rows)
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        self.process = subprocess.Popen(  # noqa: S603 - the test's own command
            [*command, *args],
            stdin=writes,
            stdout=writes,
            stderr=writes,
            env={**kept, "TERM": "xterm-256color", "PYTHONUTF8": "1", **environment},
            start_new_session=True,
        )
        os.close(writes)

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._reads, self._read)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._reads)
        os.close(self._reads)
        self.process.kill()
        self.process.wait()

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(columns, rows)
        self._size(columns, rows)

    def type(self, keys: str) -> None:
        os.write(self._reads, keys.encode())

    async def until(self, shown: Callable[[list[str]], bool]) -> list[str]:
        """What is on the screen once it shows this."""
        try:
            async with asyncio.timeout(_LONGEST_S):
                while not shown(self.screen.seen):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError("\n".join(["Still on the screen:", *self.screen.seen])) from None
        return self.screen.seen

    async def ended(self) -> int:
        """Its exit code, once all that it wrote is on the screen."""
        async with asyncio.timeout(_LONGEST_S):
            await self._closed.wait()
        return await asyncio.to_thread(self.process.wait, _LONGEST_S)

    def _read(self) -> None:
        try:
            written = os.read(self._reads, 65_536)
        except OSError:  # the other side is closed
            asyncio.get_running_loop().remove_reader(self._reads)
            self._closed.set()
            return
        self.written += written
        self.screen.feed(written)
        self._changed.set()

    def _size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._reads, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
