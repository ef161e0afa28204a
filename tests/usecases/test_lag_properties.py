"""Whatever AWS's reads show when: whoever has a cursor is never shown less than it has seen, nor
told that there is no such execution, and what was applied is answered as applied."""

import asyncio
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from .lagging_aws import LaggingSetting

STEPS = 12


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_a_client_with_its_cursor_is_never_shown_less(seed: int) -> None:
    asyncio.run(scene(seed))


async def scene(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - not for secrets
    setting = LaggingSetting(random)
    try:
        await setting.start()
        for _ in range(STEPS):
            step = random.choice(
                [
                    setting.goes_on,
                    setting.reads,
                    setting.follows,
                    setting.stops,
                    setting.redrives_it,
                    setting.settles,
                ]
            )
            await step()
            await setting.clock.advance(random.choice([0.0, 0.0, 0.3, 2.0, 9.0]))
    finally:
        await setting.close()
