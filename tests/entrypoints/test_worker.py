"""`handrail worker` before it works."""

import pytest

from service.core.errors import InvalidRequest
from service.entrypoints.worker import run_worker
from service.settings import Settings
from service.worker import Worker
from service.worker.running import Limits


async def test_a_worker_without_an_activity_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="serves no activity"):
        await run_worker(
            Settings(), Worker(), name="ada", limits=Limits(), create=False, say=lambda _: None
        )
