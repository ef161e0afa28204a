"""What every entry point needs, by the settings."""

import pytest
from pydantic import SecretStr

from handrail.core.protocol.paths import Addresses
from handrail.entrypoints.compose_base import live_limits
from handrail.settings import Settings

KEYS = SecretStr("one:" + "k" * 32)


@pytest.mark.parametrize("lag_s", [3.0, 0.0])
def test_what_isn_t_found_is_looked_for_as_long_as_it_is_set(lag_s: float) -> None:
    assert live_limits(Settings(live_lag_s=lag_s)).looked_for_s == lag_s


def test_links_are_offered_only_where_the_settings_say_so() -> None:
    assert live_limits(Settings(link_keys=KEYS)).addresses == Addresses(None, None)
    offering = Settings(link_keys=KEYS, offer_links=True)
    assert live_limits(offering).addresses != Addresses(None, None)


def test_a_first_read_waits_for_a_third_of_the_request_s_time() -> None:
    assert live_limits(Settings(request_timeout_s=30)).patience_s == 10
