"""Tells how far an execution is: of each sequence of states the part that it is done with, of those
that it has entered and those that are still expected.

A number never goes back, however the events were folded: each sequence remembers the states that it
left, and a Parallel or Map how far its attempts were before they were begun anew. What a redrive
runs again counts on from there.
"""

from handrail.core.definition.expected_path import ExpectedPaths
from handrail.core.models import StateStatus

from .visits import Lane, Visit

DONE = (StateStatus.SUCCEEDED, StateStatus.CAUGHT)


def fraction(lane: Lane, paths: ExpectedPaths) -> float | None:
    """From 0 to 1; None where what was entered isn't of the definition that these are of."""
    try:
        return _of_lane(lane, paths)
    except KeyError:
        return None


def _of_lane(lane: Lane, paths: ExpectedPaths) -> float:
    """Where it stands, or the farthest of all that it left: a Choice may lead the longer way."""
    remaining, visit = paths.remaining, lane.visit
    left = lane.left or {}
    farthest = max((n / (n + remaining[name]) for name, n in left.items()), default=0.0)
    if visit is None:
        return farthest
    n, part = lane.different, _of_visit(visit, paths)
    return max(farthest, (n - 1 + part) / (n + remaining[visit.record.name]))


def _of_visit(visit: Visit, paths: ExpectedPaths) -> float:
    if visit.status in DONE:
        return 1.0
    if not visit.is_container:
        return 0.0
    return max(_of_lanes(attempt, paths) for attempt in (visit, *(visit.past or {}).values()))


def _of_lanes(visit: Visit, paths: ExpectedPaths) -> float:
    """The branches' mean, or that of the items; a distributed Map's are executions of their own, of
    which nothing is known before its end."""
    done, items = sum(_of_lane(lane, paths) for lane in visit.lanes.values()), visit.items or {}
    if visit.record.type == "Parallel":
        count = paths.branches[visit.record.name]
    else:
        count = items.get("total", 0)
        done += items.get("succeeded", 0)
    return min(done / count, 1.0) if count else 0.0
