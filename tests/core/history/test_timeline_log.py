"""All visits, lean: when each was entered, by what it is enclosed, which event told of it last."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.history.timeline_log import TimelineLog, TimelineVisit
from handrail.core.history.visit_log import VisitLog
from handrail.core.models import HistoryEvent
from tests.core.generated import Simulation
from tests.core.histories import History, Recording, map_of, parallel, recordings

from .test_projection_properties import simulations

Told = tuple[Any, ...]


def timeline(events: Sequence[HistoryEvent]) -> list[TimelineVisit]:
    log = TimelineLog()
    log.fold(events)
    return log.visits


def by_one_state(events: Sequence[HistoryEvent]) -> list[Told]:
    """The same, told state by state."""
    names = {each.visit.record.name for each in timeline(events)}
    told = []
    for name in names:
        log = VisitLog(name, before=None, most=10**9, max_size=10**9)
        log.fold(events)
        told += [
            (each.entered.id, name, each.status, each.closed_at, each.visit.attempts)
            for each in log.visits
        ]
    return sorted(told, key=itemgetter(0))


def lean(events: Sequence[HistoryEvent]) -> list[Told]:
    return [
        (
            each.entered,
            each.visit.record.name,
            each.status,
            each.visit.closed_at,
            each.visit.attempts,
        )
        for each in timeline(events)
    ]


@pytest.mark.parametrize("recording", recordings())
def test_it_tells_of_each_recorded_visit_what_its_state_s_own_list_tells(
    recording: Recording,
) -> None:
    assert lean(recording.events) == by_one_state(recording.events)


@given(simulations())
def test_it_tells_of_any_visit_what_its_state_s_own_list_tells(simulation: Simulation) -> None:
    assert lean(simulation.history.events) == by_one_state(simulation.history.events)


@given(simulations(), st.integers(0, 60))
def test_what_changed_is_another_way_than_before(simulation: Simulation, since: int) -> None:
    events = simulation.history.events
    log = TimelineLog(since)
    log.fold(events)
    before = {visit[0]: visit for visit in lean(events[:since])}
    wanted = [visit for visit in lean(events) if before.get(visit[0]) != visit]
    assert [each.entered for each in log.changed] == [visit[0] for visit in wanted]


def test_iterations_and_branches_stand_in_what_is_around_them() -> None:
    history = History()
    for track in map_of(history.main, "Each", 2):
        track.visit("Pass", "Ship")
    around, *inside = timeline(history.events)
    assert [(each.around, each.index) for each in inside] == [
        (around.entered, 0),
        (around.entered, 1),
    ]
    history = History()
    for number, track in enumerate(parallel(history.main, "Both")):
        track.visit("Pass", f"Branch{number}")
    around, *branches = timeline(history.events)
    assert [(each.around, each.index) for each in branches] == [(around.entered, None)] * 2
