"""Whether the client of the request at hand still waits for its answer."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_PEEK = socket.MSG_PEEK | socket.MSG_DONTWAIT if hasattr(socket, "MSG_DONTWAIT") else None
_connection: ContextVar[socket.socket | None] = ContextVar("connection", default=None)


@contextmanager
def calling(environ: Mapping[str, Any]) -> Iterator[None]:
    """While the request is answered, in its own thread."""
    before = _connection.set(environ.get("werkzeug.socket"))
    try:
        yield
    finally:
        _connection.reset(before)


def waits() -> bool:
    """False once the client has closed its side: nobody would get the answer."""
    connection = _connection.get()
    if connection is None or _PEEK is None:
        return True
    try:
        return bool(connection.recv(1, _PEEK))
    except BlockingIOError:
        return True
    except OSError:
        return False
