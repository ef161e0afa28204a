import json

import pytest

from benchmarks.processes.plans import plan
from benchmarks.processes.seeing import Seen

PLAN = plan("steps:2:10")
"""Events 2 and 6 enter a state and exit it, at 0 and 5 s; 7 and 11 the next, at 5 and 10."""


def seen(*, started_at: float = 100.0, opened_at: float = 100.0) -> Seen:
    return Seen(PLAN, started_at, opened_at)


def update(id: int, execution: str = "{}") -> bytes:
    cursor = f'"cursor":"100000:{id}"'
    return f'{{"type":"update","id":"0",{cursor},"execution":{execution},"states":[]}}'.encode()


def test_a_change_came_with_the_first_message_that_covers_it() -> None:
    watching = seen()
    watching.hear(update(5), 101.0)
    watching.hear(update(7), 105.5)
    watching.hear(update(8), 109.0)
    assert watching.late_s == pytest.approx([1.0, 0.5, 0.5])


def test_what_was_visible_before_the_socket_came_is_late_from_then_on() -> None:
    watching = seen(opened_at=107.0)
    watching.hear(update(7), 108.0)
    assert watching.late_s == pytest.approx([1.0, 1.0, 1.0])


def test_an_end_is_seen_by_its_status_whatever_the_cursor_says() -> None:
    watching = seen()
    watching.hear(update(5, '{"status":"SUCCEEDED"}'), 110.25)
    assert watching.end_late_s == pytest.approx(0.25)
    assert (watching.ended, watching.unseen(111.0)) == (False, 3)


def test_what_is_not_visible_yet_is_not_missed() -> None:
    assert [seen().unseen(at) for at in (99.0, 100.0, 105.0, 110.0)] == [0, 1, 3, 4]


def test_a_socket_resumes_from_its_last_cursor() -> None:
    watching = seen()
    watching.hear(update(5), 101.0)
    watching.hear(b'{"type":"complete","id":"0","cursor":"100000:12","status":"SUCCEEDED"}', 111.0)
    assert (watching.place, watching.ended) == ("100000:12", True)


def test_a_promise_holds_for_what_comes_after_it() -> None:
    watching = seen()
    watching.hear(update(2, '{"stale_after_s":2.0}'), 103.0)
    watching.hear(update(7, '{"stale_after_s":null}'), 107.5)
    watching.hear(update(11), 119.0)
    assert (watching.promised, watching.broken) == (2, 2)


def subscribed(*, recovered: bool) -> bytes:
    told = {"type": "subscribed", "cursor": "100000:1", "snapshot": {}, "recovered": recovered}
    return json.dumps(told).encode()


def test_a_socket_that_comes_back_resumes_where_it_was() -> None:
    watching = seen()
    watching.lose(101.0)
    watching.hear(subscribed(recovered=False), 102.0)
    assert (watching.resumed_s, watching.anew) == ([], 0), "it had nothing to resume"
    watching.lose(103.0)
    watching.lose(103.5)
    watching.hear(subscribed(recovered=True), 104.0)
    assert (watching.resumed_s, watching.anew) == ([1.0], 0)
    watching.lose(105.0)
    watching.hear(subscribed(recovered=False), 105.5)
    assert (watching.resumed_s, watching.anew) == ([1.0, 0.5], 1)
