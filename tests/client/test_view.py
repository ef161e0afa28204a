from handrail.client import View, apply
from handrail.client.view import next_cursor
from tests.client.fake_service import RECOVERED, SUBSCRIBED, complete, snapshot, state, update

OPENED = apply(View(), SUBSCRIBED)


def test_a_view_starts_from_the_snapshot() -> None:
    assert OPENED.status == "RUNNING"
    assert OPENED.states["Charge"]["running"] == 1


def test_an_update_replaces_whole_states_and_keeps_the_others() -> None:
    done = state("Charge", "SUCCEEDED", entered=1, succeeded=1)
    view = apply(OPENED, update("9:3", done, state("Ship", "RUNNING")))
    assert view.states["Charge"] == done
    assert list(view.states) == ["Charge", "Ship"]


def test_applying_an_update_twice_changes_nothing() -> None:
    message = update("9:3", state("Ship", "RUNNING"))
    once = apply(OPENED, message)
    assert apply(once, message) == once


def test_tasks_are_replaced_as_a_whole_and_kept_where_an_update_has_none() -> None:
    waiting = apply(OPENED, {**update("9:3"), "tasks": [{"event_id": 14}]})
    assert waiting.tasks == ({"event_id": 14},)
    assert apply(waiting, {"type": "update", "cursor": "9:4"}).tasks == waiting.tasks
    assert apply(waiting, update("9:4")).tasks == ()


def test_a_recovered_subscription_keeps_what_is_held() -> None:
    assert apply(OPENED, RECOVERED) == OPENED


def test_a_recovered_subscription_fills_an_empty_view() -> None:
    assert apply(View(), RECOVERED).status == "RUNNING"


def test_a_reset_replaces_everything() -> None:
    reset = {"type": "reset", "reason": "gap", "snapshot": snapshot(), "cursor": "9:4"}
    assert apply(OPENED, reset).states == {}


def test_completion_sets_the_outcome() -> None:
    view = apply(OPENED, complete("FAILED", error="Boom"))
    assert (view.status, view.execution["error"]) == ("FAILED", "Boom")
    assert view.states == OPENED.states


def test_a_cursor_follows_what_was_seen() -> None:
    fresh = {"type": "subscribed", "recovered": False, "cursor": "1:5"}
    assert next_cursor(None, fresh) == "1:5"
    assert next_cursor("1:5", {"type": "update", "cursor": "1:6"}) == "1:6"
    assert next_cursor("1:6", {"type": "reset", "cursor": "2:1"}) == "2:1"
    assert next_cursor("2:1", {"type": "error", "code": "throttled"}) == "2:1"


def test_a_recovered_subscription_does_not_skip_the_updates_still_to_come() -> None:
    recovered = {"type": "subscribed", "recovered": True, "cursor": "1:9"}
    assert next_cursor("1:5", recovered) == "1:5"
    assert next_cursor(None, recovered) == "1:9"
