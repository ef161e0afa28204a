"""What every entry point needs, by the settings."""

import pytest
from pydantic import SecretStr

from service.core.protocol.paths import Addresses
from service.entrypoints.compose_base import live_limits
from service.settings import Settings

KEYS = SecretStr("one:" + "k" * 32)


@pytest.mark.parametrize(("lag_s", "looks_s"), [(3, (1, 2)), (0, ())])
def test_what_isn_t_found_is_looked_for_twice_within_the_lag(
    lag_s: float, looks_s: tuple[float, ...]
) -> None:
    assert live_limits(Settings(live_lag_s=lag_s)).looks_s == looks_s


def test_links_are_offered_only_where_the_settings_say_so() -> None:
    assert live_limits(Settings(link_keys=KEYS)).addresses == Addresses(None, None)
    offering = Settings(link_keys=KEYS, offer_links=True)
    assert live_limits(offering).addresses != Addresses(None, None)


def test_a_first_read_waits_for_a_third_of_the_request_s_time() -> None:
    assert live_limits(Settings(request_timeout_s=30)).patience_s == 10
