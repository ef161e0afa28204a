"""Reads pages of lists of executions once for all replicas."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from handrail.clock import Clock
from handrail.core.errors import Unavailable
from handrail.core.models import Execution, Page
from handrail.core.watch_bus import SharedLists

log = structlog.get_logger(__name__)

AGAIN_S = 0.1  # while another replica lists
PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True, repr=False)
class ListReads:
    """`lists` is None in one process alone, which reads whenever it is asked."""

    lists: SharedLists | None
    clock: Clock

    async def page(
        self,
        read: Callable[[], Awaitable[Page[Execution]]],
        machine_arn: str,
        *,
        token: str | None,
        young_s: float,
    ) -> Page[Execution]:
        """What a replica listed at most `young_s` ago, else what is `read` now and told to all.
        Raises what reading raises."""
        if self.lists is None:
            return await read()
        ends_at = self.clock.monotonic() + PATIENCE_S
        try:
            while self.clock.monotonic() < ends_at:
                found = await self.lists.find(machine_arn, token=token, young_s=young_s)
                if found.page is not None:
                    return found.page
                if found.mine:
                    break
                await self.clock.sleep(AGAIN_S)
        except Unavailable as error:
            log.debug("shared list not found", code=error.code)
        page = await read()
        try:
            await self.lists.add(machine_arn, token=token, page=page)
        except Unavailable as error:
            log.debug("list not shared", code=error.code)
        return page
