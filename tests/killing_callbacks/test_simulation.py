"""Wherever a process dies, no callback is lost and none settled twice."""

from collections.abc import Iterator

import pytest
import structlog

from handrail.core.callback_messages import QueuedMessage
from handrail.usecases.callback_consumer import CallbackConsumer
from handrail.usecases.queued_callbacks import Left

from .simulation import killed_at, steps_of

SEEDS = (1, 2, 3)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


async def test_one_that_deletes_first_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    settle = CallbackConsumer._settle

    async def deletes_first(self: CallbackConsumer, message: QueuedMessage) -> Left | None:
        await self._delete(message)
        return await settle(self, message)

    monkeypatch.setattr(CallbackConsumer, "_settle", deletes_first)
    found = [fault for step in range(8) for fault in await killed_at(SEEDS[0], step)]
    assert any("a callback was lost" in fault for fault in found), found


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_process_may_die_at_any_await(seed: int) -> None:
    steps = await steps_of(seed)
    assert steps > 10
    for step in range(steps):
        assert await killed_at(seed, step) == []
