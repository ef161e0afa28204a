"""A process that is killed in the middle of callbacks loses none, and settles none twice."""

import pytest

from tests.engine.engine_fixture import Calls

from .processes import killed


@pytest.mark.asyncio(loop_scope="session")
async def test_kill_9_loses_no_callback(calls: Calls) -> None:
    assert await killed(calls, 3, tasks=6, kills=1, here=True) == []
