"""Who may call AWS next."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.pacing import TokenBucket
from handrail.core.read_queue import FAIR_EVERY, RESERVE, ReadQueue, Urgency, Waiter

LATER = 1e6
"""A deadline that no test reaches."""


def queue_of(*waiters: Waiter, rate: float = 1.0, burst: float = 1000.0) -> ReadQueue:
    queue = ReadQueue(TokenBucket(rate, burst))
    for waiter in waiters:
        queue.add(waiter)
    return queue


def empty(queue: ReadQueue) -> ReadQueue:
    """No call is left of its burst."""
    bucket_of(queue).set(0.0, 0.0, 1.0)
    return queue


def bucket_of(queue: ReadQueue) -> TokenBucket:
    assert isinstance(queue.quota, TokenBucket)
    return queue.quota


def take(queue: ReadQueue, waiter: Waiter, now: float) -> float:
    """Take the turn: 0 where it is taken, else the seconds until it may be asked for again."""
    if (keep := queue.begin(waiter, now)) is None:
        return inf
    if (wait_s := bucket_of(queue).wait_s(now, keep=keep)) > 0:
        queue.done()
        return wait_s
    bucket_of(queue).take(now)
    queue.taken(waiter)
    return 0.0


def order(queue: ReadQueue, now: float = 0.0) -> list[Waiter]:
    """Everybody's turns, each call over at once."""
    taken = []
    while (head := queue.head(now)) is not None:
        assert take(queue, head, now) == 0
        queue.done()
        taken.append(head)
    return taken


def emptied(queue: ReadQueue) -> ReadQueue:
    """The same with nothing left in its bucket."""
    while bucket_of(queue).wait_s(0.0) == 0:
        bucket_of(queue).take(0.0)
    return queue


def test_nobody_waits_for_nothing() -> None:
    assert queue_of().head(0.0) is None


def test_a_more_urgent_class_goes_first_whenever_it_came() -> None:
    waiters = [Waiter(urgency, LATER) for urgency in reversed(Urgency)]
    assert order(queue_of(*waiters)) == [*reversed(waiters)]


def test_within_a_class_the_earliest_deadline_goes_first() -> None:
    waiters = [Waiter(Urgency.CHANGING, LATER + n) for n in (3, 1, 2)]
    assert [waiter.deadline - LATER for waiter in order(queue_of(*waiters))] == [1, 2, 3]


def test_of_two_with_one_deadline_who_came_first_goes_first() -> None:
    waiters = [Waiter(Urgency.IDLE, LATER) for _ in range(5)]
    assert order(queue_of(*waiters)) == waiters


def test_every_fourth_turn_is_for_who_is_the_longest_past_its_deadline() -> None:
    requests = [Waiter(Urgency.REQUEST, 9.0) for _ in range(2 * FAIR_EVERY)]
    idle = [Waiter(Urgency.IDLE, 2.0), Waiter(Urgency.CHANGING, 1.0)]
    served = order(queue_of(*requests, *idle), now=10.0)
    assert [served.index(waiter) for waiter in idle] == [2 * FAIR_EVERY - 1, FAIR_EVERY - 1]


def test_who_isnt_past_its_deadline_has_no_claim_to_the_fourth_turn() -> None:
    requests = [Waiter(Urgency.REQUEST, 9.0) for _ in range(10)]
    idle = Waiter(Urgency.IDLE, 5.0)
    assert order(queue_of(idle, *requests), now=5.0)[-1] is idle


def test_the_last_of_a_burst_are_kept_for_requests() -> None:
    watches = [Waiter(Urgency.FIRST_SNAPSHOT, LATER) for _ in range(100)]
    queue = queue_of(*watches, burst=100)
    took = 0
    while take(queue, watches[took], 0.0) == 0:
        queue.done()
        took += 1
    assert took == 100 - RESERVE
    request = Waiter(Urgency.REQUEST, 0.0)
    queue.add(request)
    assert queue.head(0.0) is request
    assert take(queue, request, 0.0) == 0


@pytest.mark.parametrize(("burst", "kept"), [(20, 2), (10, 1), (1, 0)])
def test_of_a_small_burst_a_tenth_is_kept_as_long_as_one_is_left(burst: int, kept: int) -> None:
    watches = [Waiter(Urgency.CHANGING, LATER) for _ in range(burst + 1)]
    queue, took = queue_of(*watches, burst=burst), 0
    while take(queue, watches[took], 0.0) == 0:
        queue.done()
        took += 1
    assert took == burst - kept


def test_after_a_throttled_answer_nothing_is_kept() -> None:
    watch = Waiter(Urgency.CHANGING, LATER)
    queue = queue_of(watch, rate=1, burst=1000)
    bucket_of(queue).throttled(0.0, asked_at=0.0)
    assert take(queue, watch, 0.0) == pytest.approx(2.0)


def test_no_more_calls_are_under_way_than_may_be() -> None:
    watches = [Waiter(Urgency.CHANGING, LATER) for _ in range(3)]
    queue = queue_of(*watches)
    queue.max_in_flight = 2
    assert [take(queue, watch, 0.0) for watch in watches] == [0, 0, inf]
    queue.done()
    assert take(queue, watches[2], 0.0) == 0


def test_requests_have_as_much_room_again() -> None:
    waiters = [Waiter(Urgency.REQUEST, LATER) for _ in range(3)]
    queue = queue_of(*waiters)
    queue.max_in_flight = 1
    assert [take(queue, waiter, 0.0) for waiter in waiters] == [0, 0, inf]


def test_a_fourth_turn_that_has_no_room_is_not_in_a_requests_way() -> None:
    watches = [Waiter(Urgency.CHANGING, 0.0) for _ in range(FAIR_EVERY)]
    queue = queue_of(*watches)
    queue.max_in_flight = FAIR_EVERY - 1
    for watch in watches[:-1]:
        assert take(queue, watch, 1.0) == 0
    request = Waiter(Urgency.REQUEST, 1.0)
    queue.add(request)
    assert queue.head(1.0) is request
    assert take(queue, request, 1.0) == 0


def test_who_leaves_costs_nothing() -> None:
    leaving = [Waiter(Urgency.FIRST_SNAPSHOT, 0.0) for _ in range(2000)]
    watch = Waiter(Urgency.IDLE, LATER)
    queue = queue_of(*leaving, watch, burst=100)
    for waiter in leaving:
        queue.remove(waiter)
    assert len(queue) == 1
    assert queue.head(1.0) is watch
    assert queue.watch_wait_s(Urgency.FIRST_SNAPSHOT, 0.0) == 0
    assert take(queue, watch, 1.0) == 0


def test_leaving_twice_is_leaving_once() -> None:
    one, other = Waiter(Urgency.IDLE, 0.0), Waiter(Urgency.IDLE, 0.0)
    queue = queue_of(one, other)
    queue.remove(one)
    queue.remove(one)
    assert order(queue) == [other]


def test_who_is_hastened_goes_by_what_it_is_now() -> None:
    first, second = Waiter(Urgency.CHANGING, LATER), Waiter(Urgency.IDLE, LATER)
    queue = queue_of(first, second)
    queue.hasten(second, Urgency.REQUEST, 5.0)
    assert order(queue) == [second, first]


def test_nobody_is_hastened_to_something_later() -> None:
    first, second = Waiter(Urgency.REQUEST, 1.0), Waiter(Urgency.REQUEST, 2.0)
    queue = queue_of(first, second)
    queue.hasten(first, Urgency.REQUEST, 3.0)
    queue.hasten(first, Urgency.CHANGING, 0.0)
    assert order(queue) == [first, second]


def test_hastening_who_doesnt_wait_counts_once_it_does() -> None:
    waiter = Waiter(Urgency.IDLE, LATER)
    queue = queue_of()
    queue.hasten(waiter, Urgency.REQUEST, 0.0)
    assert len(queue) == 0
    queue.add(Waiter(Urgency.CHANGING, 0.0))
    queue.add(waiter)
    assert queue.head(0.0) is waiter


def test_a_request_waits_for_the_token_and_the_requests_before_it() -> None:
    queue = emptied(queue_of(rate=2, burst=10))
    assert queue.request_wait_s(0.0, 0.0) == pytest.approx(0.5)
    for deadline in (1.0, 2.0, 3.0):
        queue.add(Waiter(Urgency.REQUEST, deadline))
    for _ in range(1000):
        queue.add(Waiter(Urgency.FIRST_SNAPSHOT, 0.0))
    assert queue.request_wait_s(0.0, 2.0) == pytest.approx(0.5 + 2 / (2 * 0.75))


def test_a_watch_waits_for_all_of_its_class() -> None:
    queue = empty(queue_of(*(Waiter(Urgency.IDLE, LATER) for _ in range(60)), rate=2))
    assert queue.watch_wait_s(Urgency.IDLE, 0.0) == 30
    assert queue.watch_wait_s(Urgency.CHANGING, 0.0) == 0


def test_where_more_urgent_watches_wait_it_has_every_fourth_turn() -> None:
    queue = empty(queue_of(*(Waiter(Urgency.IDLE, LATER) for _ in range(60)), rate=2))
    queue.add(Waiter(Urgency.FIRST_SNAPSHOT, LATER))
    assert queue.watch_wait_s(Urgency.IDLE, 0.0) == 30.5
    queue.add(Waiter(Urgency.CHANGING, LATER))
    assert queue.watch_wait_s(Urgency.IDLE, 0.0) == 120.5


def test_calls_that_may_be_made_at_once_are_waited_for_by_nobody() -> None:
    queue = queue_of(*(Waiter(Urgency.IDLE, LATER) for _ in range(60)), rate=2, burst=50)
    bucket_of(queue).set(0.0, 25.0, 1.0)
    assert queue.watch_wait_s(Urgency.IDLE, 0.0) == (60 - 20) / 2  # five are kept for requests


def test_one_that_waits_waits_for_those_before_it_alone() -> None:
    waiters = [Waiter(Urgency.IDLE, float(number)) for number in range(10)]
    queue = empty(queue_of(*waiters, rate=2))
    assert [queue.left_s(waiters[at], 0.0) for at in (0, 4, 9)] == [0.5, 2.5, 5.0]


def test_one_that_less_urgent_ones_wait_beside_leaves_them_every_fourth_turn() -> None:
    queue = queue_of(*(Waiter(Urgency.CHANGING, LATER) for _ in range(30)))
    queue.add(Waiter(Urgency.IDLE, 0.0))
    assert empty(queue).watch_wait_s(Urgency.CHANGING, 0.0) == 40


def test_a_class_waits_as_long_as_its_share_of_the_latest_turns_makes_it() -> None:
    queue = queue_of()
    for _ in range(300):
        for urgency in (Urgency.CHANGING, Urgency.IDLE):
            waiter = Waiter(urgency, 0.0)
            queue.add(waiter)
            queue.taken(waiter)
    for _ in range(10):
        queue.add(Waiter(Urgency.IDLE, LATER))
    queue.add(Waiter(Urgency.CHANGING, LATER))
    assert empty(queue).watch_wait_s(Urgency.IDLE, 0.0) == pytest.approx(20, abs=0.5)


# Over time

rates = st.floats(0.1, 20)
bursts = st.integers(1, 60)
arrivals = st.lists(
    st.tuples(st.floats(0, 3), st.sampled_from(Urgency), st.floats(-5, 20)), max_size=60
)
"""A pause before each, how urgent it is, and in how many seconds it is due."""


def served_at(
    queue: ReadQueue, arriving: list[tuple[float, Waiter]], call_s: float = 0.0
) -> dict[Waiter, float]:
    """When each has its turn, if each call takes so long."""
    now, served, ends, coming = 0.0, dict[Waiter, float](), list[float](), list(arriving)
    while coming or len(queue):
        while coming and coming[0][0] <= now:
            queue.add(coming.pop(0)[1])
        while ends and ends[0] <= now:
            ends.pop(0)
            queue.done()
        wait_s = 0.0
        while (head := queue.head(now)) is not None and wait_s == 0:
            if (wait_s := take(queue, head, now)) == 0:
                served[head] = now
                ends.append(now + call_s)
        wait_s = wait_s or inf
        moments = [now + wait_s, *ends[:1], *(at for at, _ in coming[:1])]
        now = max(now + 1e-9, min(moments)) if coming or len(queue) else now
    return served


def coming(drawn: list[tuple[float, Urgency, float]]) -> list[tuple[float, Waiter]]:
    at, arriving = 0.0, []
    for pause, urgency, due_in in drawn:
        at += pause
        arriving.append((at, Waiter(urgency, at + due_in)))
    return arriving


@given(rates, bursts, arrivals, st.sampled_from([0.0, 0.5, 10.0]))
def test_never_more_is_called_than_the_burst_and_the_rate_allow(
    rate: float, burst: int, drawn: list[tuple[float, Urgency, float]], call_s: float
) -> None:
    served = served_at(queue_of(rate=rate, burst=burst), coming(drawn), call_s)
    assert len(served) == len(drawn)
    times = sorted(served.values())
    for first, begun in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= burst + rate * (times[last] - begun) + 1e-3


@given(rates, bursts, arrivals)
def test_nobody_starves(rate: float, burst: int, drawn: list[tuple[float, Urgency, float]]) -> None:
    """Once its deadline is past, every fourth turn goes to those whose deadlines were before; what
    is kept for requests has to be filled up at first."""
    arriving = coming(drawn)
    served = served_at(queue_of(rate=rate, burst=burst), arriving)
    for came_at, waiter in arriving:
        past_at = max(came_at, waiter.deadline)
        before = sum(other.deadline <= waiter.deadline for _, other in arriving)
        turns = FAIR_EVERY * (before + 1)
        assert served[waiter] <= past_at + (turns + RESERVE + 1) / rate + 1e-3


@given(rates, bursts, st.integers(0, 300), st.integers(0, 5), st.floats(0, 10))
def test_a_request_waits_for_the_requests_before_it_however_many_watches_wait(
    rate: float, burst: int, watches: int, requests: int, at: float
) -> None:
    arriving = [(0.0, Waiter(Urgency(1 + n % 4), -1.0)) for n in range(watches)]
    asking = [(at, Waiter(Urgency.REQUEST, at)) for _ in range(requests + 1)]
    served = served_at(queue_of(rate=rate, burst=burst), arriving + asking)
    waited_s = served[asking[-1][1]] - at
    turns = FAIR_EVERY / (FAIR_EVERY - 1) * (1 + requests)
    assert waited_s <= (1 + turns) / rate + 1e-3


def test_what_requests_use_is_not_promised_to_watches() -> None:
    queue = queue_of(rate=8.0)
    assert queue.watch_rate == 8
    for _ in range(200):
        queue.add(Waiter(Urgency.REQUEST, 0.0))
        queue.add(Waiter(Urgency.CHANGING, 0.0))
        order(queue)
    assert queue.watch_rate == pytest.approx(4, abs=0.2)
    queue.add(Waiter(Urgency.CHANGING, 0.0))
    assert empty(queue).watch_wait_s(Urgency.CHANGING, 0.0) == pytest.approx(1 / queue.watch_rate)


def test_however_many_requests_come_watches_keep_their_fair_turns() -> None:
    queue = queue_of(rate=8.0)
    for _ in range(500):
        queue.add(Waiter(Urgency.REQUEST, 0.0))
    order(queue)
    assert queue.watch_rate == 8 / FAIR_EVERY


def test_a_watch_waits_for_all_first_snapshots_too() -> None:
    queue = empty(queue_of(*(Waiter(Urgency.FIRST_SNAPSHOT, 0.0) for _ in range(40)), rate=8.0))
    assert queue.watch_wait_s(Urgency.CHANGING, 0.0) == 5
