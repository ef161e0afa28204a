"""What fails in a round of the chaos is something that the fleet has."""

import random

from benchmarks.chaos.faults import KINDS, OF_BUS, OF_STREAM, drawn


def kinds(**has: bool) -> set[str]:
    return {fault.kind for fault in drawn(random.Random(1), 4.0, 400, **has)}  # noqa: S311


def test_a_fleet_without_a_bus_has_none_that_fails() -> None:
    assert len(OF_BUS) == 4
    assert kinds(shared=False) == KINDS.keys() - OF_BUS


def test_a_fleet_without_push_has_no_stream_that_fails() -> None:
    assert kinds(pushed=False) == KINDS.keys() - OF_STREAM


def test_one_with_both_has_all() -> None:
    assert kinds() == KINDS.keys()
