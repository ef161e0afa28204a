"""Fits the number of connections to the process's file descriptors; calls to AWS need some too.

The limit is raised at the start to what the settings need. Where the system doesn't let it be, the
capacity is lowered: a client is then told to try later, and no call to AWS fails."""

import contextlib
from dataclasses import dataclass

import structlog

try:
    import resource
except ImportError:  # no such limits there
    resource = None  # type: ignore[assignment]

log = structlog.get_logger(__name__)

HEADROOM = 1024
"""Descriptors for requests under way, long-polls and idle connections, beside the sockets."""
RESERVED = 64  # for the process itself: loops, logs, its listener, files it reads
UNLIMITED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many long-lived sockets, and connections of every kind, the descriptors suffice for."""

    sockets: int
    connections: int


class ProcessFiles:
    """RLIMIT_NOFILE of this process."""

    def limits(self) -> tuple[int, int]:
        """Soft and hard."""
        if resource is None:
            return UNLIMITED, UNLIMITED
        most = {resource.RLIM_INFINITY: UNLIMITED}
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        return most.get(soft, soft), most.get(hard, hard)

    def set_soft(self, limit: int) -> None:
        """Raises ValueError or OSError where the system refuses it."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def capacity(*, sockets: int, calls: int, files: ProcessFiles | None = None) -> Capacity:
    """Makes room for so many sockets and calls to AWS at a time, as far as the system lets us."""
    files = files or ProcessFiles()
    needed = sockets + calls + HEADROOM
    limit, hard = files.limits()
    raised = min(needed, hard)
    if raised > limit:  # macOS promises an unlimited hard limit and refuses it
        with contextlib.suppress(OSError, ValueError):
            files.set_soft(raised)
            limit = raised
    free = max(2, limit - calls)
    fitting = min(sockets, max(free - HEADROOM, free // 2))
    if fitting < sockets:
        numbers = {"limit": limit, "needed": needed, "max_sockets": fitting}
        log.warning("too few file descriptors", **numbers, wanted_sockets=sockets)
    return Capacity(sockets=fitting, connections=max(fitting, free - RESERVED))
