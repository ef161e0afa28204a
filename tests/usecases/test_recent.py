"""What this process started lately."""

from datetime import timedelta

from service.core.models import ExecutionId
from service.usecases.recent import BELIEVED_S, LAG_S, RecentStarts, fingerprint_of
from tests.fakes import BEGIN, FakeClock


def id_of(number: int) -> ExecutionId:
    return ExecutionId("orders", str(number))


async def test_a_start_is_fresh_for_as_long_as_aws_may_not_show_it() -> None:
    clock = FakeClock()
    recent = RecentStarts(clock)
    recent.add(id_of(1), BEGIN)
    assert recent.just_started(id_of(1))
    await clock.advance(LAG_S - 0.1)
    assert recent.just_started(id_of(1))
    await clock.advance(0.2)
    assert not recent.just_started(id_of(1))


async def test_its_start_date_is_remembered_longer() -> None:
    clock = FakeClock()
    recent = RecentStarts(clock)
    recent.add(id_of(1), BEGIN)
    await clock.advance(3600)
    assert recent.started_at(id_of(1)) == BEGIN


async def test_and_no_longer_than_its_name_is_surely_its_own() -> None:
    clock = FakeClock()
    recent = RecentStarts(clock)
    recent.add(id_of(1), BEGIN, fingerprint=fingerprint_of("1"))
    await clock.advance(BELIEVED_S - 1)
    assert recent.fingerprint(id_of(1)) == fingerprint_of("1")
    await clock.advance(1)
    assert (recent.started_at(id_of(1)), recent.fingerprint(id_of(1))) == (None, None)


def test_a_fingerprint_is_the_value_s_and_not_the_text_s() -> None:
    assert fingerprint_of('{"a":1,"b":2}') == fingerprint_of('{ "b": 2, "a": 1 }')
    assert fingerprint_of("1") != fingerprint_of("1.0")


def test_what_was_never_started_here_is_unknown() -> None:
    recent = RecentStarts(FakeClock())
    assert recent.started_at(id_of(1)) is None
    assert not recent.just_started(id_of(1))


def test_the_memory_is_bounded_and_keeps_the_newest() -> None:
    recent = RecentStarts(FakeClock(), remembered=2)
    for number in (1, 2, 1, 3):
        recent.add(id_of(number), BEGIN + timedelta(seconds=number))
    assert recent.started_at(id_of(2)) is None
    assert recent.started_at(id_of(1)) == BEGIN + timedelta(seconds=1)
    assert recent.started_at(id_of(3)) == BEGIN + timedelta(seconds=3)
