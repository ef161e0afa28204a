"""A distributed Map on the embedded engine: its children seen and settled through the service."""

import pytest

from handrail.core.models import ExecutionId
from handrail.core.protocol.document_shapes import StateDocument
from handrail.usecases.state_pages import PageRequest
from handrail.usecases.tasks import failure, success
from tests.engine.engine_fixture import Calls, eventually

from .test_callbacks import ASK, Running, running

__all__ = ["running"]
pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKS = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "Ask",
    "States": {"Ask": ASK},
}
EACH = {"Type": "Map", "ItemProcessor": ASKS, "ToleratedFailureCount": 1, "End": True}


async def test_items_are_listed_their_tasks_settled_and_the_outcome_counted(
    running: Running, calls: Calls
) -> None:
    id = await running.start({"StartAt": "Each", "States": {"Each": EACH}}, ["a", "b", "c"])

    async def children() -> list[str] | None:
        page = await running.services.states.items(PageRequest(id, "Each"), None)
        found = [str(item["execution"]) for item in page["items"]]
        return found if len(found) == 3 else None

    first, *rest = await eventually(children)
    (task,) = await running.waiting(first)
    await running.services.tasks.settle(first, task.event_id, failure("No", None))
    for child in rest:
        (task,) = await running.waiting(child)
        await running.services.tasks.settle(child, task.event_id, success(child))
    await calls.ended(running.arns[id])

    async def counted() -> StateDocument | None:
        async with running.services.hub.watching(id) as watcher:
            state = watcher.require_feed().projection.states["Each"]
        return state if state["status"] == "SUCCEEDED" else None

    state = await eventually(counted)
    assert state["items"] == {"total": 3, "running": 0, "succeeded": 2, "failed": 1, "aborted": 0}
    assert ExecutionId.parse(first).machine == ExecutionId.parse(id).machine
