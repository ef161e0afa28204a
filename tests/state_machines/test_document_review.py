"""The activity's example: its handler alone, and the whole with the worker beside the engine."""

import asyncio
import json
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.aws.step_functions.tasks import AwsActivities, AwsTasks
from handrail.clock import SystemClock
from handrail.worker import Task, Worker
from handrail.worker.answer_delivery import TaskDependencies
from handrail.worker.running import Limits, Running, resolve

from .conftest import Project

FOLDER = "document-review"
GOOD, SHOUTING, UNREADABLE = range(3)
Handlers = Callable[..., ModuleType]


@pytest.mark.parametrize(
    ("text", "verdict", "remarks"),
    [
        ("one two three four five six seven eight nine ten", "publish", []),
        ("one two", "revise", ["It has 2 words; 10 are the least."]),
        ("ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE TEN", "revise", ["It shouts."]),
    ],
)
async def test_a_text_is_judged_by_its_length_and_its_tone(
    handlers_of: Handlers, text: str, verdict: str, remarks: list[str]
) -> None:
    review = handlers_of(FOLDER, "worker.py").review
    answer = await review({"title": "x", "text": text}, Task("document-review", "ada"))
    assert (answer["verdict"], answer["remarks"]) == (verdict, remarks)


async def test_what_has_no_words_cannot_be_read(handlers_of: Handlers) -> None:
    module = handlers_of(FOLDER, "worker.py")
    with pytest.raises(module.UnreadableDocument):
        await module.review({"title": "x", "text": "## --"}, Task("document-review", "ada"))


@pytest.mark.asyncio(loop_scope="session")
class TestOnTheEngine:
    @pytest.mark.parametrize(
        ("example", "status"),
        [(GOOD, "published"), (SHOUTING, "sent back"), (UNREADABLE, "sent back unread")],
    )
    async def test_a_document_is_published_or_sent_back(
        self,
        project: Project,
        clients: Clients,
        handlers_of: Handlers,
        example: int,
        status: str,
    ) -> None:
        output = await reviewed(project, clients, handlers_of, example)
        assert output["status"] == status
        if example == UNREADABLE:
            assert output["reason"]["errorMessage"] == "There is no word in it."

    async def test_a_document_handed_back_is_reviewed_by_the_next_worker(
        self, project: Project, clients: Clients, handlers_of: Handlers
    ) -> None:
        activity = await AwsActivities(clients, AwsCalls()).create("document-review-test")
        arn = await project.start(FOLDER, project.example(FOLDER, GOOD))
        task = await project.calls.sfn.get_activity_task(activityArn=activity)
        await project.calls.sfn.send_task_failure(
            taskToken=task["taskToken"], error="Worker.Stopped"
        )
        worker: Worker = handlers_of(FOLDER, "worker.py").worker
        async with asyncio.timeout(20):
            ended = await beside(worker, clients, project.calls.ended(arn))
        assert json.loads(ended["output"])["status"] == "published"


async def reviewed(
    project: Project, clients: Clients, handlers_of: Handlers, example: int
) -> dict[str, Any]:
    worker: Worker = handlers_of(FOLDER, "worker.py").worker
    output: dict[str, Any] = await beside(
        worker, clients, project.output(FOLDER, project.example(FOLDER, example))
    )
    return output


async def beside(worker: Worker, clients: Clients, work: Any) -> Any:
    """Await the work while the worker works."""
    activities = AwsActivities(clients, AwsCalls())
    means = TaskDependencies(AwsTasks(clients, AwsCalls()), SystemClock(), random.random)
    served = await resolve(worker.registrations("test"), activities, create=False)
    running = Running(
        served, activities, means, name="ada", limits=Limits(concurrency=1, grace_s=0)
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(running.run(stop))
        try:
            return await work
        finally:
            stop.set()
