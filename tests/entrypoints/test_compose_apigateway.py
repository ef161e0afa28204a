"""Sockets that API Gateway holds, by the settings."""

from types import SimpleNamespace
from typing import Any

import pytest

from handrail.core.errors import SettingsError
from handrail.entrypoints.compose_apigateway import limits, sockets_on
from handrail.settings import Settings


def test_each_setting_that_is_missing_is_named() -> None:
    base: Any = SimpleNamespace(
        settings=Settings(table="handrail"), clock=None, clients=None, calls=None
    )
    with pytest.raises(SettingsError, match=r"^HANDRAIL_QUEUE_URL, HANDRAIL_SOCKET_ENDPOINT: "):
        sockets_on(base)


def test_the_limits_are_those_of_the_process_s_sockets() -> None:
    found = limits(Settings(ws_max_subscriptions=3, live_reads_per_s=5, ws_heartbeat_s=9))
    assert (found.max_subscriptions, found.reads_per_s, found.heartbeat_s) == (3, 5, 9)
