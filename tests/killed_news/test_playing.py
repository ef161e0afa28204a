"""No news is lost by a process that is killed, none comes in another order, and what comes twice
has the same id and body. `python -m tests.killed_news` plays all moments of more courses."""

import random

import pytest

from .playing import play

MOMENTS = 6
"""Of each course, spread over all awaits of the process that is killed."""


@pytest.mark.parametrize("push", [True, False], ids=["pushed", "listed"])
async def test_no_moment_to_be_killed_at_loses_news(*, push: bool) -> None:
    seed = 15
    whole = await play(seed, None, push=push)
    assert (whole.problems, whole.twice) == ([], 0)
    assert whole.heard >= 3
    chance = random.Random(seed)  # noqa: S311 the same moments each time
    for kill_at in sorted(chance.sample(range(1, whole.steps + 1), MOMENTS)):
        assert (await play(seed, kill_at, push=push)).problems == [], kill_at


async def test_a_message_that_never_came_would_be_seen() -> None:
    """Where nobody goes on for the process that was killed."""
    assert (await play(15, 30, push=True, settled_s=0)).problems
