"""Whether what is pushed arrives, and how late."""

from math import inf

from handrail.core.push_health import HEALTHY_S, PushHealth


def test_a_stream_that_was_never_read_brings_nothing() -> None:
    health = PushHealth()
    assert health.behind_s(5.0) == inf
    health.begin("a")
    assert not health.healthy(5.0)


def test_it_is_as_late_as_its_slowest_shard() -> None:
    health = PushHealth()
    health.read("a", 10.0, behind_s=0.0)
    health.read("b", 10.0, behind_s=4.0)
    assert health.behind_s(10.5) == 4.5


def test_a_shard_that_isn_t_read_any_more_falls_behind() -> None:
    health = PushHealth()
    health.read("a", 0.0, behind_s=0.0)
    assert health.healthy(HEALTHY_S)
    assert not health.healthy(HEALTHY_S + 0.1)
    health.read("a", HEALTHY_S + 1, behind_s=0.0)
    assert health.healthy(HEALTHY_S + 1)


def test_a_shard_that_took_over_is_complete_to_where_it_began() -> None:
    health = PushHealth()
    health.read("a", 10.0, behind_s=0.0)
    health.begin("b", 10.0)
    health.end("a")
    assert health.behind_s(11.0) == 1.0


def test_one_of_two_shards_that_can_t_be_read_is_enough_to_miss_something() -> None:
    health = PushHealth()
    health.read("a", 10.0, behind_s=0.0)
    health.begin("b")
    assert health.behind_s(10.0) == inf


def test_what_is_cleared_brings_nothing() -> None:
    health = PushHealth()
    health.read("a", 10.0, behind_s=0.0)
    health.clear()
    assert not health.healthy(10.0)
