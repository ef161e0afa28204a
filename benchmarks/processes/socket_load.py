"""The audience of the fan-out: a thousand sockets that offer permessage-deflate, read by epoll.

Asks for updates so that a few are always on their way, and prints how fast they came, what the
server used meanwhile, and how its memory grew with the sockets.
"""

import argparse
import json
import select
import socket
import time
from urllib.parse import urlsplit

from .frames import FrameCounter
from .usage import cpu_s, resident_bytes

READ_BYTES = 65_536
SETTLE_S = 0.3
SILENCE_S = 20.0


class Audience:
    """Every socket, and the frames that came to all of them so far."""

    def __init__(self, url: str, size: int) -> None:
        self.frames = 0
        self._poll = select.epoll()
        self._sockets: dict[int, tuple[socket.socket, FrameCounter]] = {}
        for _ in range(size):
            connection, first = connect(url)
            counter = FrameCounter()
            self.frames += counter.feed(first)
            connection.setblocking(False)
            self._sockets[connection.fileno()] = (connection, counter)
            self._poll.register(connection, select.EPOLLIN)

    def read_until(self, frames: int) -> None:
        """Until so many frames came in all. Raises TimeoutError, ConnectionError."""
        sockets, poll = self._sockets, self._poll
        while self.frames < frames:
            ready = poll.poll(SILENCE_S)
            if not ready:
                raise TimeoutError(f"{self.frames} frames came, not {frames}")
            for number, _ in ready:
                connection, counter = sockets[number]
                data = connection.recv(READ_BYTES)
                if not data:
                    raise ConnectionError("the server closed a socket")
                self.frames += counter.feed(data)


def connect(url: str) -> tuple[socket.socket, bytes]:
    """An open WebSocket, and what came with the handshake. Raises ConnectionError."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=SILENCE_S)
    connection.sendall(
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n".encode()
    )
    received = b""
    while b"\r\n\r\n" not in received:
        data = connection.recv(READ_BYTES)
        if not data:
            raise ConnectionError("the server closed a socket")
        received += data
    head, _, rest = received.partition(b"\r\n\r\n")
    if b" 101 " not in head or b"sec-websocket-extensions" in head.lower():
        raise ConnectionError(f"no plain WebSocket: {head.decode()}")
    return connection, rest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("control", type=int, help="the server's control port")
    parser.add_argument("pid", type=int, help="the server's process")
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--greetings", type=int, default=0, help="frames a socket gets at first")
    parser.add_argument("--warm-up", type=int, default=10, help="updates that aren't measured")
    parser.add_argument("--updates", type=int, default=150)
    parser.add_argument("--window", type=int, default=8, help="updates on their way at a time")
    print(json.dumps(listen(parser.parse_args())))


def listen(given: argparse.Namespace) -> dict[str, float]:
    connect(given.url)[0].close()  # what the first socket loads is no socket's
    time.sleep(SETTLE_S)
    empty = resident_bytes(given.pid)
    audience = Audience(given.url, given.sockets)
    greetings = given.sockets * given.greetings
    audience.read_until(greetings)
    time.sleep(SETTLE_S)
    full = resident_bytes(given.pid)
    control = socket.create_connection(("127.0.0.1", given.control))
    control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    control.sendall(b"." * given.window)
    last = given.warm_up + given.updates
    began_at = used = own = 0.0
    for update in range(1, last + 1):
        audience.read_until(greetings + update * given.sockets)
        if update <= last - given.window:
            control.sendall(b".")
        if update == given.warm_up:
            began_at, used, own = time.perf_counter(), cpu_s(given.pid), time.process_time()
    frames = given.updates * given.sockets
    return {
        "frames_per_s": frames / (time.perf_counter() - began_at),
        "cpu_us": (cpu_s(given.pid) - used) / frames * 1e6,
        "own_cpu_us": (time.process_time() - own) / frames * 1e6,
        "socket_bytes": (full - empty) / given.sockets,
        "later_bytes": (resident_bytes(given.pid) - empty) / given.sockets,
    }


if __name__ == "__main__":
    main()
