"""What a failed read means to those who wait for it."""

import pytest

from handrail.core.errors import ExecutionNotFound, NotShownYet, Throttled, Unavailable
from handrail.core.models import ExecutionId
from handrail.usecases.lag import Awaited
from handrail.usecases.live.read_failures import ReadFailures
from handrail.usecases.live.read_schedule import Rhythm
from tests.fakes import BEGIN

from .stage import ID, Stage


def failures(stage: Stage, told: list[str]) -> ReadFailures:
    id = ExecutionId.parse(ID)
    rhythm = Rhythm(stage.hub._context, id)
    awaited = Awaited(id, stage.clock, stage.hub.own)
    tell = lambda error: told.append(error.code)  # noqa: E731
    return ReadFailures(id, stage.source, stage.clock, rhythm, awaited, tell)


async def test_a_failure_is_told_once(stage: Stage) -> None:
    told: list[str] = []
    found = failures(stage, told)
    for _ in range(3):
        await found.meant(Unavailable("AWS is away."), None, read_at=0.0)
    await found.meant(Throttled("Slower."), None, read_at=0.0)
    assert told == [Unavailable.code, Throttled.code]


async def test_what_isnt_there_is_raised(stage: Stage) -> None:
    told: list[str] = []
    with pytest.raises(ExecutionNotFound):
        await failures(stage, told).meant(ExecutionNotFound("None."), None, read_at=0.0)
    assert told == []


async def test_what_this_process_started_is_only_not_shown(stage: Stage) -> None:
    told: list[str] = []
    await stage.recent.add(ExecutionId.parse(ID), BEGIN)
    found = failures(stage, told)
    meant = await found.meant(ExecutionNotFound("None."), None, read_at=0.0)
    assert isinstance(meant, NotShownYet)
    assert told == []
