"""Answers to tasks and heartbeats, as they are counted."""

from collections.abc import AsyncIterator

import pytest

from handrail.core.errors import ServiceError, TaskAlreadySettled, TaskNotFound
from handrail.usecases.metered_tasks import MeteredTasks

from .live.stage import ID
from .metering import NotedMeter
from .settling import TOKEN, Setting, no, yes


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    setting = Setting()
    yield setting
    await setting.close()


@pytest.fixture
def meter() -> NotedMeter:
    return NotedMeter()


@pytest.fixture
def service(setting: Setting, meter: NotedMeter) -> MeteredTasks:
    one = setting.service
    return MeteredTasks(one.hub, one.tasks, one.catalogue, one.applied, one.clock, meter)


async def test_an_answer_counts_by_its_outcome(
    setting: Setting, service: MeteredTasks, meter: NotedMeter
) -> None:
    event_id = setting.wait()
    for _ in range(2):
        await service.settle(ID, event_id, yes())
    with pytest.raises(TaskAlreadySettled):
        await service.settle(ID, event_id, no())
    with pytest.raises(TaskNotFound):
        await service.settle(ID, 1, yes())
    assert meter.answers == [
        ("success", "applied"),
        ("success", "replayed"),
        ("failure", "conflict"),
        ("success", "not_found"),
    ]


async def test_a_heartbeat_counts_by_its_outcome(
    setting: Setting, service: MeteredTasks, meter: NotedMeter
) -> None:
    event_id = setting.wait()
    await service.heartbeat(ID, event_id)
    with pytest.raises(TaskNotFound):
        await service.heartbeat(ID, 1)
    assert meter.answers == [("heartbeat", "applied"), ("heartbeat", "not_found")]


async def test_so_do_those_by_raw_token(
    setting: Setting, service: MeteredTasks, meter: NotedMeter
) -> None:
    setting.wait()
    await service.heartbeat_token(TOKEN)
    await service.settle_token(TOKEN, no())
    for token in ("", "x" * 4096):
        with pytest.raises(ServiceError):
            await service.settle_token(token, no())
    assert meter.answers == [
        ("heartbeat", "applied"),
        ("failure", "applied"),
        ("failure", "refused"),
        ("failure", "refused"),
    ]
