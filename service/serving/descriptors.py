"""Fits the number of connections to the process's file descriptors: each connection takes one, and
so does each call to AWS. Without one left, accepting, calling and logging would all fail alike.

The limit is raised at the start to what the settings need. Where the system doesn't let it be
raised so far, the capacity is lowered to what fits: a client is then told to try later, instead of
a call to AWS that fails.
"""

from dataclasses import dataclass
from typing import Protocol

import structlog

try:
    import resource
except ImportError:  # no such limits there
    resource = None  # type: ignore[assignment]

log = structlog.get_logger(__name__)

HEADROOM = 1024
"""Descriptors for requests under way, long-polls and idle connections, beside the sockets."""

RESERVED = 64
"""Descriptors of the process itself: loops, logs, its listener, files it reads."""

UNLIMITED = 2**31 - 1


class OpenFiles(Protocol):
    """RLIMIT_NOFILE of a process, or a stand-in for it."""

    def limits(self) -> tuple[int, int]:
        """Soft and hard."""
        ...

    def set_soft(self, limit: int) -> None:
        """Raises ValueError or OSError where the system won't have it."""
        ...


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many long-lived sockets, and connections of every kind, the descriptors suffice for."""

    sockets: int
    connections: int


class ProcessFiles:
    """This process's own limit."""

    def limits(self) -> tuple[int, int]:
        if resource is None:
            return UNLIMITED, UNLIMITED
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        unlimited = resource.RLIM_INFINITY
        return UNLIMITED if soft == unlimited else soft, UNLIMITED if hard == unlimited else hard

    def set_soft(self, limit: int) -> None:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def capacity(*, sockets: int, calls: int, files: OpenFiles | None = None) -> Capacity:
    """Makes room for so many sockets and calls to AWS at a time, as far as the system lets us."""
    needed = sockets + calls + HEADROOM
    limit = _raised(files or ProcessFiles(), needed)
    free = max(2, limit - calls)
    fitting = min(sockets, max(free - HEADROOM, free // 2))
    if fitting < sockets:
        log.warning(
            "too few file descriptors",
            limit=limit,
            needed=needed,
            max_sockets=fitting,
            wanted_sockets=sockets,
        )
    return Capacity(sockets=fitting, connections=max(fitting, free - RESERVED))


def _raised(files: OpenFiles, needed: int) -> int:
    """The soft limit that holds from here on."""
    soft, hard = files.limits()
    wanted = min(needed, hard)
    if wanted <= soft:
        return soft
    try:
        files.set_soft(wanted)
    except (OSError, ValueError):  # macOS promises an unlimited hard limit and refuses it
        return soft
    return wanted
