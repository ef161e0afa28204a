import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.client.reconnection import Backoff, next_cursor
from service.core.protocol.close_codes import AfterClose, after_close


@pytest.mark.parametrize("code", [1001, 1006, 1011, 1012, 1013, 4000, 4001])
def test_a_broken_or_restarting_connection_is_resumed(code: int) -> None:
    assert after_close(code) is AfterClose.RESUME


def test_an_expired_credential_is_refreshed_first() -> None:
    assert after_close(4002) is AfterClose.REFRESH


@pytest.mark.parametrize("code", [1000, 4400, 4401, 4403, 4404, 4408, 4409, 4429, 4999])
def test_a_settled_or_refused_connection_is_left_alone(code: int) -> None:
    assert after_close(code) is AfterClose.END


@given(failures=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_a_delay_is_between_half_and_the_whole_of_its_bound(failures: int, jitter: float) -> None:
    backoff = Backoff(base_s=0.5, cap_s=15)
    longest = backoff.delay_s(failures, lambda: 0.0)
    assert longest / 2 <= backoff.delay_s(failures, lambda: jitter) <= longest <= 15


def test_delays_double_up_to_the_cap() -> None:
    backoff = Backoff(base_s=1, cap_s=5)
    assert [backoff.delay_s(n, lambda: 0.0) for n in (1, 2, 3, 4, 5)] == [1, 2, 4, 5, 5]


def test_tries_are_bounded() -> None:
    assert [Backoff(attempts=2).exhausted(n) for n in (1, 2, 3)] == [False, True, True]


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
