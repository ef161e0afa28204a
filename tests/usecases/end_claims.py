"""What a fleet's replicas have claimed."""

import asyncio
from dataclasses import dataclass, field

from handrail.core.errors import Unavailable


@dataclass
class Claims:
    """`EndClaims` of a fleet, whose bus may hang or be away."""

    taken: set[tuple[str, str]] = field(default_factory=set)
    away: bool = False
    hangs: bool = False

    async def claim(self, end: str, purpose: str) -> bool:
        await asyncio.sleep(0)
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            raise Unavailable("The bus is away.")
        first = (end, purpose) not in self.taken
        self.taken.add((end, purpose))
        return first
