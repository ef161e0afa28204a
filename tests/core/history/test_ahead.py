"""How events wait for those before them."""

from handrail.core.history.ahead import MOST_BYTES, MOST_EVENTS, AheadEvents, AheadMemory


def ahead(memory: AheadMemory | None = None) -> AheadEvents[str]:
    return AheadEvents(memory or AheadMemory(), len)


def test_a_run_ends_at_the_first_hole() -> None:
    events = ahead()
    for id in (6, 3, 4, 9):
        events.add(id, f"event {id}")
    assert events.next_run(2) == ["event 3", "event 4"]
    assert events.next_run(4) == []
    assert events.has(6)
    assert events.next_run(8) == ["event 9"]
    assert not events


def test_the_first_of_two_stays() -> None:
    events = ahead()
    events.add(2, "first")
    events.add(2, "second")
    assert events.next_run(1) == ["first"]


def test_so_many_are_kept_and_then_one_is_known_to_be_lost() -> None:
    events = ahead()
    for id in range(MOST_EVENTS):
        events.add(2 + id, "x")
    assert not events.lost
    events.add(1, "y")
    assert events.lost
    assert len(events) == MOST_EVENTS


def test_so_many_bytes_are_kept() -> None:
    events = ahead()
    events.add(2, "x" * MOST_BYTES)
    events.add(3, "x")
    assert events.lost
    assert not events.has(3)


def test_all_together_keep_so_many_bytes_until_they_give_them_back() -> None:
    memory = AheadMemory(max_bytes=10)
    one, other = ahead(memory), ahead(memory)
    one.add(2, "x" * 8)
    other.add(2, "x" * 8)
    assert other.lost
    one.clear()
    assert memory.bytes == 0
    other.clear()
    other.add(2, "x" * 8)
    assert not other.lost
    assert other.next_run(1) == ["x" * 8]
    assert memory.bytes == 0
