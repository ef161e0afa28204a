"""Where documents lead: the links clients see.

Paths, not URLs: they hold behind any proxy. Only the sockets may live elsewhere, where API Gateway
holds them: an address of its own, which takes the execution as a query parameter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from .models import ExecutionId, Json
from .projection.facts import PendingTask

Linker = Callable[[ExecutionId, PendingTask], str | None]
"""A signed link to settle a pending task by, None where there is none. The same whenever asked."""

PARTS = ("events", "stream", "ws", "stop", "redrive", "tasks")
SETTLING = ("success", "failure", "heartbeat")


@dataclass(frozen=True, slots=True)
class Addresses:
    """What this deployment's links are made of: the same for the same execution whoever draws them.

    With `callback` pending tasks offer a link to settle them by. `socket_url` is where a WebSocket
    API is reached (`wss://host/stage`); None where sockets are served with the rest.
    """

    callback: Linker | None = None
    socket_url: str | None = None

    def of_execution(self, id: ExecutionId) -> dict[str, Json]:
        """An Express execution has only itself."""
        base = execution_path(id)
        if id.express:
            return {"self": base}
        paths = {part: f"{base}/{part}" for part in PARTS}
        if self.socket_url is not None:
            paths["ws"] = f"{self.socket_url}?execution={_quoted(id)}"
        return {"self": base, **paths}

    def of_task(self, id: ExecutionId, task: PendingTask) -> dict[str, Json]:
        base = f"{execution_path(id)}/tasks/{task.event_id}"
        paths = {action: f"{base}/{action}" for action in SETTLING}
        link = self.callback(id, task) if self.callback else None
        return {**paths, "callback": link} if link else {**paths}


PATHS = Addresses()


def execution_path(id: ExecutionId) -> str:
    return f"/v1/executions/{_quoted(id)}"


def callback_path(signed: str) -> str:
    """Where a signed link leads."""
    return f"/v1/callbacks/{signed}"


def machine_links(name: str) -> dict[str, Json]:
    base = f"/v1/state-machines/{quote(name, safe='')}"
    return {
        "self": base,
        "start": f"{base}/executions",
        "executions": f"/v1/executions?state_machine={quote(name, safe='')}",
    }


def _quoted(id: ExecutionId) -> str:
    return quote(str(id), safe=":")
