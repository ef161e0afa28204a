"""A crowd of sockets on one execution, read by epoll: some come in one burst, as after a restart,
the rest behind them; then one update after the other goes to all. Prints how long the burst took
to be let in and to have its snapshots, how far behind the first each update came to the others,
and the server's memory a socket."""

import argparse
import json
import select
import socket
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from .frames import FrameCounter
from .usage import cpu_s, peak_bytes, resident_bytes

READ_BYTES = 65_536
SETTLE_S = 0.5
SILENCE_S = 60.0
WAVE = 100
GREETINGS = 2
"""Frames a socket is sent at first: `ready`, and the snapshot."""


class Member:
    """One socket: `open_at` is when the handshake was answered, `greeted_at` when the last of the
    greetings came, in seconds of one clock."""

    __slots__ = ("connection", "counter", "frames", "greeted_at", "head", "open_at")

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.counter, self.frames = connection, FrameCounter(), 0
        self.head: bytes | None = b""
        self.open_at = self.greeted_at = 0.0

    def read(self, now: float) -> int:
        """How many frames came. Raises ConnectionError where it was refused or closed."""
        data = self.connection.recv(READ_BYTES)
        if not data:
            raise ConnectionError("the server closed a socket")
        if self.head is not None:
            head, found, data = (self.head + data).partition(b"\r\n\r\n")
            if not found:
                self.head = head
                return 0
            if b" 101 " not in head:
                raise ConnectionError(f"refused: {head.decode()}")
            self.head, self.open_at = None, now
        number = self.counter.feed(data)
        self.frames += number
        if self.frames >= GREETINGS and not self.greeted_at:
            self.greeted_at = now
        return number


class Crowd:
    """All of them, each counted in `lost` that was refused or closed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._hello = (
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
        self._poll = select.epoll()
        self._members: dict[int, Member] = {}
        self.lost = 0

    def come(self, number: int) -> Sequence[Member]:
        """So many at once; each asks as soon as it is connected, all are let in and greeted when
        this returns."""
        new = [self._connect() for _ in range(number)]
        self.read_until(lambda: all(member.greeted_at for member in new[-1:] + new))
        return new

    def _connect(self) -> Member:
        connection = socket.socket()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect(self._address)
        connection.setblocking(False)
        connection.send(self._hello)
        member = self._members[connection.fileno()] = Member(connection)
        self._poll.register(connection, select.EPOLLIN)
        return member

    def read_until(self, done: Callable[[], bool]) -> None:
        """Raises TimeoutError where nothing comes for long."""
        while not done():
            if not self._read(None):
                raise TimeoutError("nothing comes any more")

    def arrivals(self) -> Sequence[float]:
        """When the next frame came to each."""
        times: list[float] = []
        while len(times) < len(self._members):
            if not self._read(times):
                raise TimeoutError(f"an update came to {len(times)} sockets")
        return times

    def _read(self, times: list[float] | None) -> int:
        ready = self._poll.poll(SILENCE_S)
        for number, _ in ready:
            member, now = self._members[number], time.perf_counter()
            try:
                came = member.read(now)
            except ConnectionError:
                self.lost += 1
                self._poll.unregister(member.connection)
                del self._members[number]
                member.greeted_at = member.greeted_at or now
            else:
                if times is not None:
                    times.extend([now] * came)
        return len(ready)


def rank(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def listen(given: argparse.Namespace) -> dict[str, float]:
    crowd = Crowd(given.url)
    crowd.come(1)  # what the first socket loads is no socket's
    time.sleep(SETTLE_S)
    empty, began_at, used = resident_bytes(given.pid), time.perf_counter(), cpu_s(given.pid)
    came = crowd.come(given.burst)
    opened = [member.open_at - began_at for member in came]
    greeted = [member.greeted_at - began_at for member in came]
    burst_cpu, burst_peak = cpu_s(given.pid) - used, peak_bytes(given.pid) - empty
    for size in range(given.burst, given.sockets, WAVE):
        crowd.come(min(WAVE, given.sockets - size))
    time.sleep(SETTLE_S)
    full = resident_bytes(given.pid)
    control = socket.create_connection(("127.0.0.1", given.control))
    control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    first: list[float] = []
    behind: list[float] = []
    used = cpu_s(given.pid)
    for _ in range(given.updates):
        asked_at = time.perf_counter()
        control.sendall(b".")
        times = crowd.arrivals()
        first.append(min(times) - asked_at)
        behind += [each - min(times) for each in times]
        time.sleep(0.05)
    return {
        "lost": crowd.lost,
        "open_p50_s": rank(opened, 0.5),
        "open_max_s": max(opened),
        "greeted_p50_s": rank(greeted, 0.5),
        "greeted_max_s": max(greeted),
        "burst_cpu_ms": burst_cpu / given.burst * 1e3,
        "burst_peak_bytes": burst_peak / given.burst,
        "socket_bytes": (full - empty) / given.sockets,
        "later_bytes": (resident_bytes(given.pid) - empty) / given.sockets,
        "first_ms": rank(first, 0.5) * 1e3,
        "behind_p50_ms": rank(behind, 0.5) * 1e3,
        "behind_p99_ms": rank(behind, 0.99) * 1e3,
        "cpu_us": (cpu_s(given.pid) - used) / given.updates / given.sockets * 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("control", type=int, help="the server's control port")
    parser.add_argument("pid", type=int, help="the server's process")
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--burst", type=int, default=3_000)
    parser.add_argument("--updates", type=int, default=20)
    print(json.dumps(listen(parser.parse_args())))


if __name__ == "__main__":
    main()
