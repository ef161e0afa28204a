"""`handrail worker` before it works."""

import pytest

from handrail.core.errors import InvalidRequest
from handrail.entrypoints.worker import run_worker
from handrail.settings import Settings
from handrail.worker import Worker
from handrail.worker.running import Limits


async def test_a_worker_without_an_activity_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="serves no activity"):
        await run_worker(
            Settings(), Worker(), name="ada", limits=Limits(), create=False, say=lambda _: None
        )
