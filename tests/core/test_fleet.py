"""What replicas know of each other's principals, told every second."""

import json

from handrail.core.fleet import ASSUMED_REPLICAS, GONE_AFTER_S, MOST_REPORTED, Fleet, FleetReport
from handrail.core.shares import RateShares, Shares

NOTHING = FleetReport(held={}, used={})


class Replicas:
    """Two of them, that hear each other while the bus is there."""

    def __init__(self) -> None:
        self.up, self.now = True, 0.0
        answers, now = lambda: self.up, lambda: self.now
        self.fleets = [Fleet(name, answers=answers, now=now) for name in ("a", "b")]
        self.report()

    def held(self, limit: int) -> list[Shares]:
        return [fleet.held("sockets", limit) for fleet in self.fleets]

    def used(self, rate: float, burst: float) -> list[RateShares]:
        return [fleet.used("starts", rate, burst) for fleet in self.fleets]

    def report(self) -> list[FleetReport]:
        reports = [fleet.report() for fleet in self.fleets]
        for fleet in self.fleets:
            for teller, report in zip(self.fleets, reports, strict=True):
                fleet.heard(teller.name, report)
        return reports


def test_what_a_principal_holds_at_one_replica_counts_at_another() -> None:
    replicas = Replicas()
    here, there = replicas.held(3)
    assert [here.take("who"), here.take("who")] == [True, True]
    replicas.report()
    assert there.take("who")
    assert there.full("who")
    assert not there.take("who")
    assert there.take("another")
    here.give_back("who")
    replicas.report()
    assert there.take("who")


def test_what_a_principal_used_at_one_replica_is_gone_at_another_for_a_while() -> None:
    replicas = Replicas()
    here, there = replicas.used(rate=1, burst=4)
    assert [here.take("who", 0.0) for _ in range(4)] == [0] * 4
    assert here.take("who", 0.0) > 0
    replicas.report()
    assert there.take("who", 0.0) == 1
    assert there.take("another", 0.0) == 0
    assert there.take("who", 1.0) == 0
    replicas.now = 1.0
    replicas.report()
    assert here.take("who", 1.0) == 1


def test_what_was_used_is_told_once() -> None:
    replicas = Replicas()
    here, there = replicas.used(rate=1, burst=4)
    here.due_at("who", 0.0)
    here.take("who", 0.0)
    assert [sum(r["used"]["starts"].values()) for r in replicas.report()] == [2, 0]
    assert [r["used"]["starts"] for r in replicas.report()] == [{}, {}]
    assert [there.take("who", 0.0) for _ in range(3)] == [0, 0, 1]


def test_what_falls_due_counts_what_fell_due_elsewhere() -> None:
    replicas = Replicas()
    here, there = replicas.used(rate=1, burst=1)
    assert here.due_at("who", 0.0) == 0
    replicas.report()
    assert there.due_at("who", 0.0) == 1


def test_while_the_bus_is_away_each_replica_gives_its_part() -> None:
    replicas = Replicas()
    here, there = replicas.held(5)
    starts, _ = replicas.used(rate=1, burst=4)
    here.take("who")
    replicas.report()
    replicas.up = False
    assert [there.take("who") for _ in range(3)] == [True, True, False]
    assert [here.take("who") for _ in range(2)] == [True, False]
    assert [starts.take("who", 0.0) == 0 for _ in range(3)] == [True, True, False]
    assert replicas.fleets[0].parts == 2


def test_one_that_never_heard_another_takes_itself_for_one_of_some() -> None:
    fleet = Fleet("a", answers=lambda: True, now=lambda: 0.0)
    assert fleet.replicas == fleet.parts == ASSUMED_REPLICAS
    assert fleet.held("sockets", 1).take("who"), "one is always to be had"


def test_who_was_not_heard_for_a_while_has_gone_if_others_were() -> None:
    replicas = Replicas()
    here, _ = replicas.fleets
    assert here.heard("c", NOTHING), "it wasn't known"
    assert not here.heard("c", NOTHING)
    here.heard("c", FleetReport(held={}, used={}, leaving=True))
    replicas.now = GONE_AFTER_S
    here.heard("a", NOTHING)
    assert here.replicas == 2
    replicas.now = GONE_AFTER_S + 0.1
    here.heard("a", NOTHING)
    assert here.replicas == 1


def test_one_that_hears_itself_no_more_is_cut_off_from_the_others() -> None:
    replicas = Replicas()
    fleet = replicas.fleets[0]
    assert fleet.connected
    replicas.now = GONE_AFTER_S + 0.1
    assert not fleet.connected
    assert fleet.parts == 2


def test_of_a_bus_that_is_away_nobody_is_forgotten() -> None:
    replicas = Replicas()
    replicas.up = False
    assert replicas.fleets[0].replicas == 2, "its own reports aren't heard either"


def test_one_that_leaves_says_so_and_holds_nothing_any_more() -> None:
    replicas = Replicas()
    here, there = replicas.held(1)
    here.take("who")
    replicas.report()
    assert there.full("who")
    replicas.fleets[1].heard("a", replicas.fleets[0].report(leaving=True))
    assert not there.full("who")
    assert replicas.fleets[1].replicas == 1


def test_no_name_is_told_and_no_more_than_some() -> None:
    replicas = Replicas()
    here, _ = replicas.held(10)
    for number in range(MOST_REPORTED + 1):
        here.take(f"who-{number}")
    here.take("who-1")
    (report, _) = replicas.report()
    assert "who" not in json.dumps(report)
    assert len(report["held"]["sockets"]) == MOST_REPORTED
    assert max(report["held"]["sockets"].values()) == 2


def test_a_kind_that_only_another_version_knows_is_passed_over() -> None:
    fleet = Fleet("a", answers=lambda: True, now=lambda: 0.0)
    fleet.heard("b", FleetReport(held={"new": {"x": 1}}, used={"new": {"x": 1}}))
    assert fleet.report() == NOTHING
