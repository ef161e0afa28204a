"""Serves WSGI on the loopback address, in threads and without logs."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Thread
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

_PEEK = socket.MSG_PEEK | socket.MSG_DONTWAIT if hasattr(socket, "MSG_DONTWAIT") else None
connection: ContextVar[socket.socket | None] = ContextVar("connection", default=None)
"""The connection of the request at hand."""


class _Handler(MotoRequestHandler):  # type: ignore[misc] # moto has no types
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: the console is the service's."""


_Base: Any = ThreadedWSGIServer  # mypy sees its types in some runs only


class _Server(_Base):  # type: ignore[misc] # see above
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that went away is no news."""


@contextmanager
def served(application: Any, listener: socket.socket) -> Iterator[None]:
    """Serve in daemon threads until left; the listener is closed by its owner."""
    host, port = listener.getsockname()
    server = _Server(host, port, application, _Handler, fd=listener.fileno())
    thread = Thread(target=server.serve_forever, args=(0.05,), name="engine", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def client_waits() -> bool:
    """False once the client of the request at hand has closed its side."""
    at_hand = connection.get()
    if at_hand is None or _PEEK is None:
        return True
    try:
        return bool(at_hand.recv(1, _PEEK))
    except BlockingIOError:
        return True
    except OSError:
        return False
