"""The limits of watching, and the links shown beside what is watched, by the settings."""

import pytest
from pydantic import SecretStr

from handrail.core.history.facts import PendingTask
from handrail.core.models import ExecutionId
from handrail.core.protocol.paths import Addresses
from handrail.entrypoints.compose_limits import is_aws, live_limits
from handrail.settings import Settings
from tests.fakes import BEGIN

KEYS = SecretStr("one:" + "k" * 32)


@pytest.mark.parametrize("lag_s", [3.0, 0.0])
def test_what_isn_t_found_is_looked_for_as_long_as_it_is_set(lag_s: float) -> None:
    assert live_limits(Settings(live_lag_s=lag_s)).looked_for_s == lag_s


def test_links_are_offered_only_where_the_settings_say_so() -> None:
    assert live_limits(Settings(link_keys=KEYS)).addresses == Addresses(signs=True)
    offering = Settings(link_keys=KEYS, offer_links=True)
    assert live_limits(offering).addresses.callback is not None


def test_a_first_read_waits_for_a_third_of_the_request_s_time() -> None:
    assert live_limits(Settings(request_timeout_s=30)).patience_s == 10


@pytest.mark.parametrize(
    ("public_url", "prefix", "start"),
    [
        (None, "/steps", "/steps/v1/callbacks/"),
        ("https://orders.example/steps", None, "https://orders.example/steps/v1/callbacks/"),
        ("https://orders.example/steps", "/steps", "https://orders.example/steps/v1/callbacks/"),
        (None, None, "/v1/callbacks/"),
    ],
)
def test_a_link_to_settle_a_task_leads_to_where_clients_find_the_service(
    public_url: str | None, prefix: str | None, start: str
) -> None:
    settings = Settings(link_keys=KEYS, offer_links=True, public_url=public_url)
    addresses = live_limits(settings, prefix).addresses
    task = PendingTask(7, "Approve", "sqs:sendMessage.waitForTaskToken", BEGIN)
    links = addresses.of_task(ExecutionId("order", "one"), task)
    assert links["callback"].startswith(start)


@pytest.mark.parametrize(
    ("endpoint", "there"),
    [
        ("https://states.us-east-1.amazonaws.com", True),
        ("https://states.cn-north-1.amazonaws.com.cn", True),
        ("https://states.us-east-1.api.aws", True),
        ("http://127.0.0.1:5000", False),
        ("https://states.amazonaws.com.example", False),
    ],
)
def test_the_console_is_linked_only_where_executions_live_in_aws(
    endpoint: str, there: bool
) -> None:
    assert is_aws(endpoint) is there


def test_a_link_to_send_on_is_offered_where_there_are_keys_to_sign_it() -> None:
    task = PendingTask(7, "Approve", "sqs:sendMessage.waitForTaskToken", BEGIN)
    keyed, bare = Settings(link_keys=KEYS), Settings()
    assert "links" in live_limits(keyed).addresses.of_task(ExecutionId("order", "one"), task)
    assert "links" not in live_limits(bare).addresses.of_task(ExecutionId("order", "one"), task)


def test_who_does_not_go_on_reading_promises_nothing() -> None:
    assert not live_limits(Settings(), promises=False).promises
