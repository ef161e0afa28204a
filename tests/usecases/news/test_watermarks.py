"""A state machine's watermark begins when it is first seen, and never goes back."""

from datetime import timedelta

from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from handrail.usecases.news.watermarks import Watermarks
from tests.fakes import BEGIN, FakeClock

LATER = BEGIN + timedelta(hours=1)


async def test_one_that_is_first_seen_has_it_now_for_all_replicas() -> None:
    clock = FakeClock()
    outbox = InMemoryOutbox(clock)
    assert await Watermarks(outbox, clock).of("orders") == BEGIN
    await clock.advance(60)
    assert await Watermarks(outbox, clock).of("orders") == BEGIN


async def test_it_moves_on_and_never_back() -> None:
    clock = FakeClock()
    outbox = InMemoryOutbox(clock)
    marks = Watermarks(outbox, clock)
    await marks.move("orders", LATER)
    await marks.move("orders", BEGIN)
    assert await outbox.watermark("orders") == await marks.of("orders") == LATER


async def test_what_another_process_moved_is_seen_by_who_forgot() -> None:
    clock = FakeClock()
    outbox = InMemoryOutbox(clock)
    marks = Watermarks(outbox, clock)
    assert await marks.of("orders") == BEGIN
    await outbox.set_watermark("orders", LATER)
    assert await marks.of("orders") == BEGIN
    marks.forget()
    assert await marks.of("orders") == LATER
