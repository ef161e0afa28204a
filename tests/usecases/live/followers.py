"""A client of a list that believes what it is told."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from handrail.core.listing import ListFilter
from handrail.core.models import Execution, ExecutionStatus
from handrail.usecases.live import ListSubscription
from tests.fakes import BEGIN, machine, run_until_idle

from .stage import Stage, decoded


@dataclass
class ListClient:
    """Applies messages by the protocol's words: by id, whole, newest first."""

    executions: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)

    def take_all(self, subscription: ListSubscription) -> list[dict[str, Any]]:
        taken = []
        while (message := subscription.next_message()) is not None:
            taken.append(self.take(decoded(message)))
        return taken

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        self.messages.append(message)
        if message["type"] == "error":
            return message
        shown = message["list"]
        if message["type"] == "subscribed":
            self.executions = {}
        self.executions |= {each["execution"]: each for each in shown["executions"]}
        for id in shown.get("removed", ()):
            self.executions.pop(id, None)
        self.about = {name: shown[name] for name in ("counts", "state_machines", "unlisted")}
        return message

    @property
    def names(self) -> list[str]:
        newest = sorted(self.executions.values(), key=lambda e: e["started_at"], reverse=True)
        return [each["execution"] for each in newest]

    @property
    def statuses(self) -> dict[str, str]:
        return {id: each["status"] for id, each in self.executions.items()}


class Lists(Stage):
    """A stage with three state machines, and executions that start one after another."""

    def __init__(self, **limits: Any) -> None:
        super().__init__(**limits)
        for name in ("payments", "refunds"):
            self.machines.machines[name] = machine(name)
        self.started = 0

    def add(self, id: str) -> Execution:
        """AWS's lists show it; nobody here was told."""
        self.started += 1
        return self.executions.add(id, started_at=BEGIN + timedelta(seconds=self.started))

    def end(self, id: str, status: ExecutionStatus = ExecutionStatus.SUCCEEDED) -> Execution:
        self.executions.end(id, status)
        return self.executions.executions[self.arn(id)]

    def arn(self, id: str) -> str:
        return next(e.arn for e in self.executions.executions.values() if str(e.id) == id)

    def hide(self, execution: Execution) -> Execution:
        """AWS's lists don't show it any more, or yet."""
        del self.executions.executions[execution.arn]
        return replace(execution)

    def follow(self, *machines: str, **wanted: Any) -> ListSubscription:
        options = {name: wanted.pop(name) for name in ("principal", "may_read") if name in wanted}
        options.setdefault("may_read", lambda _: True)
        return self.lists.subscribe(
            ListFilter(machines, **wanted), id="l1", wake=lambda: None, **options
        )

    async def followed(self, *machines: str, **wanted: Any) -> ListSubscription:
        """One that was read for the first time."""
        subscription = self.follow(*machines, **wanted)
        await run_until_idle()
        return subscription

    @property
    def lists_read(self) -> int:
        return self.executions.count("list_page")

    async def close(self) -> None:
        await self.lists.close()
        await self.pages.close()
        await self.hub.close()
