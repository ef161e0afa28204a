from collections.abc import Callable
from types import ModuleType

import pytest

from .conftest import Project


async def test_each_task_adds_its_mark(handlers_of: Callable[[str], ModuleType]) -> None:
    handlers = handlers_of("orchestration")
    first = await handlers.first_task({"message": "hello"}, None)
    second = await handlers.second_task(first, None)
    assert second["message"] == "hello"
    assert (second["first_task"]["done"], second["second_task"]["done"]) == (True, True)


@pytest.mark.asyncio(loop_scope="session")
async def test_both_tasks_run_one_after_the_other(project: Project) -> None:
    arn = await project.start("orchestration", {"message": "hello"})
    assert (await project.calls.ended(arn))["status"] == "SUCCEEDED"
    assert await project.entered(arn) == ["FirstTask", "SecondTask"]
