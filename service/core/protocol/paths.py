"""Builds the links in documents: paths from the host's root, not URLs. Only sockets may live
elsewhere, on an API Gateway, whose address takes the execution as a query parameter."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from handrail.core.history.facts import PendingTask
from handrail.core.models import Account, ExecutionId, StateMachine
from handrail.core.trace_context import TraceContext

_CONSOLES = {
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}

Links = dict[str, str]
TraceOf = Callable[[ExecutionId, int], TraceContext | None]
"""The trace of the execution of this id that began then, in ms; None where none is known."""
Linker = Callable[[ExecutionId, PendingTask], str | None]
"""A signed link to settle a pending task by, None where there is none. The same whenever asked."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Builds this deployment's links. With `callback` pending tasks offer a link to settle them by.
    `socket_url` is where a WebSocket API is reached (`wss://host/stage`), None where sockets are
    served with the rest. `prefix` is the path that clients find the service under (`/steps`).
    `signs` is whether signed links can be made here. `account` answers where executions live once
    that is known; None where that isn't AWS, whose console shows them then. `express` is whether
    Express executions of a state machine can be read here, `trace` what is known of traces."""

    callback: Linker | None = None
    socket_url: str | None = None
    prefix: str = ""
    signs: bool = field(default=False, kw_only=True)
    account: Callable[[], Account | None] | None = field(default=None, kw_only=True)
    express: Callable[[str], bool] | None = field(default=None, kw_only=True)
    trace: TraceOf | None = field(default=None, kw_only=True)

    def of_execution(self, id: ExecutionId) -> Links:
        """An Express execution has none unless what is pushed of it can be read here."""
        base = self.prefix + execution_path(id)
        if not self.shows(id):
            return {}
        parts = ["events", "stream", "ws"]
        if not id.express:
            parts += ["stop", "redrive", "tasks"]
        links = {"self": base, **{part: f"{base}/{part}" for part in parts}}
        if self.socket_url is not None:
            links["ws"] = f"{self.socket_url}?execution={quote(str(id), safe=':')}"
        if self.account is not None and not id.express and (account := self.account()):
            links["console"] = console_url(account, id)
        return links

    def shows(self, id: ExecutionId) -> bool:
        """Whether the execution can be read here."""
        return not id.express or (self.express is not None and self.express(id.machine))

    def trace_of(self, id: ExecutionId, epoch: int) -> tuple[str, Links] | None:
        """The id of the trace that its start was a part of, and where AWS's console shows it."""
        found = self.trace(id, epoch) if self.trace is not None else None
        if found is None:
            return None
        account = self.account() if self.account is not None else None
        return found.trace_id, {"trace": trace_url(account, found)} if account else {}

    def of_task(self, id: ExecutionId, task: PendingTask) -> Links:
        base = f"{self.prefix}{execution_path(id)}/tasks/{task.event_id}"
        links = {action: f"{base}/{action}" for action in ("success", "failure", "heartbeat")}
        if self.signs and not task.resource.startswith("activity:"):
            links["links"] = f"{base}/links"
        if self.callback and (link := self.callback(id, task)):
            links["callback"] = link
        return links

    def of_machine(self, machine: StateMachine) -> Links:
        """Of a state machine, or of the version or alias of it that is meant."""
        # Clients resolve "." and ".." in a path, however they are written.
        named = machine.qualified_arn if machine.reference in {".", ".."} else machine.reference
        quoted = quote(named, safe=":")
        base = f"{self.prefix}/v1/state-machines/{quoted}"
        listed = f"{self.prefix}/v1/executions?state_machine={quoted}"
        return {"self": base, "start": f"{base}/executions", "executions": listed}


PATHS = Addresses()


def console_url(account: Account, id: ExecutionId) -> str:
    """Where AWS's own console shows the execution."""
    host = _CONSOLES.get(account.partition, "console.aws.amazon.com")
    region, arn = account.region, quote(account.execution_arn(id), safe=":/")
    home = f"https://{region}.{host}/states/home?region={region}"
    return f"{home}#/v2/executions/details/{arn}"


def trace_url(account: Account, trace: TraceContext) -> str:
    """Where AWS's own console shows the trace, if it was exported to X-Ray."""
    host = _CONSOLES.get(account.partition, "console.aws.amazon.com")
    home = f"https://{account.region}.{host}/cloudwatch/home?region={account.region}"
    return f"{home}#xray:traces/{trace.xray_id}"


def execution_path(id: ExecutionId) -> str:
    return f"/v1/executions/{quote(str(id), safe=':')}"


def callback_path(signed: str) -> str:
    return f"/v1/callbacks/{signed}"
