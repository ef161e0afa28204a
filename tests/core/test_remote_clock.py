"""Whether an execution began before it was asked for, by the whole seconds of AWS's dates."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.models import StartedExecution
from handrail.core.remote_clock import DRIFT, USUAL_DRIFT, RemoteClock

EPOCH_S = 1_767_225_600.0
READS = 2

travels = st.floats(0.0, 0.3)
"""Of a request or an answer, in seconds."""


@dataclass
class World:
    """A process and AWS. `ahead_s` is what the process wants to know; its clock runs wrong by
    `drift`, and AWS's hosts date their answers up to a millisecond apart."""

    ahead_s: float
    drift: float = 0.0
    now: float = 0.0
    remote: RemoteClock = field(default_factory=RemoteClock)

    def on_aws(self, now: float) -> float:
        return now * (1 + self.drift) + self.ahead_s

    def answered(self, out_s: float, back_s: float, *, skew_s: float = 0.0) -> float:
        """One call; when it was asked."""
        asked_at = self.now
        date = math.floor(self.on_aws(asked_at + out_s) + skew_s)
        self.now += out_s + back_s
        self.remote.heard(
            datetime.fromtimestamp(date, UTC), asked_at=asked_at, answered_at=self.now
        )
        return asked_at

    def started(self, out_s: float, back_s: float, *, earlier_s: float = 0.0) -> StartedExecution:
        """A start that AWS first got `earlier_s` before it was asked for now."""
        began = self.on_aws(self.now - earlier_s if earlier_s else self.now + out_s)
        asked_at = self.answered(out_s, back_s)
        dated = datetime.fromtimestamp(round(began, 3), UTC)
        return StartedExecution("arn", dated, asked_at, self.now)

    def lived(self, earlier: "Earlier") -> None:
        for pause_s, out_s, back_s, skew_s, own in earlier:
            self.now += pause_s
            if own:
                self.remote.began(self.started(out_s, back_s))
            else:
                self.answered(out_s, back_s, skew_s=skew_s)

    def told(self, started: StartedExecution, out_s: float, back_s: float) -> bool:
        """As it is decided: by one more answer, or two, where that tells."""
        for _ in range(READS):
            told = self.remote.began_before(started, self.now)
            if told is not None:
                return told
            at = self.remote.telling_at(started, self.now)
            assert self.now - 1e-6 <= at <= self.now + 1 + 1e-6
            self.now = at
            self.answered(out_s, back_s)
        return bool(self.remote.began_before(started, self.now))


worlds = st.builds(
    World,
    ahead_s=st.floats(EPOCH_S - 1e6, EPOCH_S + 1e6),
    drift=st.floats(-0.9 * DRIFT, 0.9 * DRIFT),
)
earlier_answers = st.lists(
    st.tuples(st.floats(0.0, 100.0), travels, travels, st.floats(-0.001, 0.001), st.booleans()),
    max_size=30,
)
"""Each after a pause, and some of them to starts by a name that nobody else had."""

Earlier = list[tuple[float, float, float, float, bool]]


@given(worlds, earlier_answers, st.tuples(travels, travels), st.tuples(travels, travels))
def test_a_first_start_is_never_called_a_replay(
    world: World,
    earlier: Earlier,
    start: tuple[float, float],
    read: tuple[float, float],
) -> None:
    world.lived(earlier)
    assert not world.told(world.started(*start), *read)


@given(worlds, earlier_answers, st.floats(0.0, 0.02), st.floats(0.1, 3600.0))
def test_a_replay_is_told_whatever_was_known_before(
    world: World,
    earlier: Earlier,
    travel_s: float,
    earlier_s: float,
) -> None:
    """As long as AWS answers like it did, here within 40 ms, and clocks run as they usually do."""
    world.drift /= DRIFT / USUAL_DRIFT
    world.lived(earlier)
    started = world.started(travel_s, travel_s, earlier_s=earlier_s)
    assert world.told(started, travel_s, travel_s)


@given(worlds, st.floats(0.0, 0.02))
def test_once_the_time_is_known_a_first_start_is_told_without_another_answer(
    world: World, travel_s: float
) -> None:
    world.drift = 0.0
    world.told(world.started(travel_s, travel_s), travel_s, travel_s)
    world.now += 60
    started = world.started(travel_s, travel_s)
    assert world.remote.began_before(started, world.now) is False


def test_a_start_that_surely_was_the_first_tells_the_time() -> None:
    world = World(EPOCH_S)
    world.remote.began(world.started(0.005, 0.005))
    first, again = world.started(0.005, 0.005), world.started(0.005, 0.005, earlier_s=0.1)
    assert world.remote.began_before(first, world.now) is False
    assert world.remote.began_before(again, world.now) is True


def test_a_process_that_stood_still_learns_the_time_again() -> None:
    world = World(EPOCH_S)
    world.told(world.started(0.01, 0.01), 0.01, 0.01)
    world.ahead_s += 3600
    started = world.started(0.01, 0.01, earlier_s=0.5)
    assert world.told(started, 0.01, 0.01)


@pytest.mark.parametrize("earlier_s", [0.0, 60.0])
def test_without_an_answer_s_date_nothing_tells(earlier_s: float) -> None:
    started = World(EPOCH_S).started(0.01, 0.01, earlier_s=earlier_s)
    assert RemoteClock().began_before(started, 1.0) is False
