"""Executions are tracked once each, and remembered for a while when they have ended."""

from datetime import timedelta

from handrail.core.models import ExecutionId
from handrail.core.news.news_outbox import Followed
from handrail.usecases.news.sightings import Sighting
from handrail.usecases.news.tracked_executions import TrackedExecutions
from tests.fakes import BEGIN

ID, OTHER = ExecutionId.parse("orders:one"), ExecutionId.parse("orders:two")
FIRST = Sighting(ID, BEGIN, 1, BEGIN)
SECOND = Sighting(ID, BEGIN + timedelta(seconds=0.1), 2)


def test_what_is_sighted_again_before_it_is_recognised_adds_to_what_is_known() -> None:
    tracked = TrackedExecutions()
    each = tracked.sight(SECOND)
    assert each is not None
    assert tracked.sight(FIRST) is None
    assert (each.sighting.at, each.started_at, each.recorded) == (BEGIN, BEGIN, False)
    assert tracked.of("orders") == [each]
    assert tracked.of("payments") == []


def test_one_that_ended_is_only_tracked_again_where_more_came() -> None:
    tracked = TrackedExecutions()
    each = tracked.sight(FIRST)
    assert each is not None
    tracked.drop(each, Followed(ID, BEGIN, 2, ended=True))
    assert tracked.sight(SECOND) is None
    assert tracked.sight(Sighting(ID, BEGIN, 3)) is not None


def test_one_in_whose_place_another_is_tracked_drops_nothing() -> None:
    tracked = TrackedExecutions()
    each = tracked.sight(FIRST)
    assert each is not None
    tracked.drop(each)
    again = tracked.sight(FIRST)
    tracked.drop(each)
    assert tracked.find(ID) is again


def test_too_many_are_left_to_lists() -> None:
    tracked = TrackedExecutions(most=1)
    assert tracked.sight(FIRST) is not None
    assert tracked.sight(Sighting(OTHER, BEGIN, 1, BEGIN)) is None
    assert tracked.missed
    tracked.clear()
    assert not tracked.missed
    assert list(tracked) == []
