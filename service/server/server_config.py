"""Sets every default of Hypercorn's that matters on purpose; HTTP/2, TLS and WSGI are off."""

from typing import Any

import structlog
from hypercorn.config import Config
from hypercorn.logging import Logger

from handrail.core.access.origins import Origins
from handrail.telemetry.request_log import RequestLog

from .file_descriptors import UNLIMITED

log = structlog.get_logger("hypercorn")
HEAD_BYTES = 32 * 1024
"""The longest head of a request: a token of an identity provider may take half of it."""


class ServerLog(Logger):
    """Hands Hypercorn's log lines to structlog; the app counts accesses itself."""

    def __init__(self, config: Config) -> None:
        del config
        self.access_logger = None
        self.error_logger: Any = log

    async def info(self, message: str, *args: Any, **_: Any) -> None:
        log.debug(message, *args)


class ServerConfig(Config):
    """Hypercorn's settings and six more, of one server: it changes them as it ends.

    `keep_alive_timeout` must exceed the load balancer's idle timeout, or it sends requests into
    connections that are just being closed. Protocol pings stay off: ours are heard by the app,
    which can tell a dead client from a quiet one."""

    workers = 1
    backlog = 4096
    logger_class = ServerLog
    include_server_header = False
    h11_max_incomplete_size = HEAD_BYTES
    max_app_queue_size = 10  # pieces of a body, or messages, read ahead of the app: 64 KiB each
    keep_alive_max_requests = 1_000_000
    startup_timeout = shutdown_timeout = 30.0
    websocket_ping_interval = None
    read_timeout: Any = 10.0
    """Seconds that a request's head may take from its first byte to its last; sockets are silent
    for longer, and a body has the app's limit."""
    max_frames_per_s: float
    """WebSocket frames of every kind, a burst of 4 s aside."""
    send_timeout_s: float
    """How long a socket's peer may take nothing of what is sent to it."""
    origins = Origins()
    """Sites whose pages may read what the server itself refuses."""
    max_connections = UNLIMITED
    request_log = RequestLog()
    """For what the server refuses before it is a request."""
    linger_s = 0.0
    """How long open connections stay so at least once the port is closed: whoever keeps one for a
    next request hears with its answer that it was the last."""
