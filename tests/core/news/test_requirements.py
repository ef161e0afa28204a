"""What is missing for the news that is asked for, in sentences."""

from typing import Any

import pytest

from handrail.core.access.outbound_addresses import PrivateAllowance
from handrail.core.machine_patterns import EVERY_MACHINE, MachinePatterns
from handrail.core.news.requirements import left_out, missing_for, needs_push, plain_urls
from handrail.core.news.subscriptions import NewsFilter, NewsSubscription
from handrail.core.news.targets import StartTarget, Target, WebhookTarget

from .made_news import SECRET, TOPIC, subscription

ALL: dict[str, Any] = {"push": True, "store": True, "link_keys": True, "public_url": True}


def missing(*asked: NewsSubscription, **setup: Any) -> list[str]:
    return missing_for(asked, **ALL | setup)


def with_links(target: Target = TOPIC) -> NewsSubscription:
    on = NewsFilter(("waiting",))
    return NewsSubscription(
        "0" * 12, EVERY_MACHINE, on, target, links=True, place="orders: notify[0]"
    )


def test_nothing_is_missing_where_all_is_there() -> None:
    assert missing(subscription("failed", "state:Pay.failed"), with_links()) == []


def test_who_asks_for_nothing_needs_nothing() -> None:
    assert missing(push=False, store=False, link_keys=False, public_url=False, on_lambda=True) == []


def test_any_news_needs_a_place_to_wait() -> None:
    assert missing(subscription(), subscription(), store=False) == [
        "News may wait a day for its receiver, and outlives the process that made it:"
        " HANDRAIL_NOTIFY[0] and 1 more needs HANDRAIL_TABLE or HANDRAIL_BUS_URL."
    ]


@pytest.mark.parametrize("kind", ["waiting", "redriven", "state:Pay.failed", "state:*.entered"])
def test_what_only_events_tell_needs_the_push(kind: str) -> None:
    assert needs_push(kind)
    assert missing(subscription("failed", kind), push=False) == [
        f"HANDRAIL_NOTIFY[0] asks for {kind}, which is known of executions that nobody watches only"
        " where events are pushed: set HANDRAIL_EVENTS_STREAM."
    ]


def test_beginnings_and_ends_need_no_push() -> None:
    ends = subscription("started", "succeeded", "failed", "timed_out", "aborted")
    assert missing(ends, push=False) == []


@pytest.mark.parametrize(
    ("keys", "url", "named"),
    [
        (False, True, "set HANDRAIL_LINK_KEYS."),
        (True, False, "set HANDRAIL_PUBLIC_URL."),
        (False, False, "set HANDRAIL_LINK_KEYS and HANDRAIL_PUBLIC_URL."),
    ],
)
def test_links_need_keys_and_an_address(keys: bool, url: bool, named: str) -> None:
    assert missing(with_links(), link_keys=keys, public_url=url) == [
        f"orders: notify[0] sends signed links: {named}"
    ]
    assert missing(subscription("waiting"), link_keys=keys, public_url=url) == []


def test_a_start_needs_a_machine_that_is_served() -> None:
    start = subscription(target=StartTarget("refund"))
    assert missing(start, served=MachinePatterns(("refund", "orders"))) == []
    assert missing(start, served=MachinePatterns(("orders",))) == [
        "HANDRAIL_NOTIFY[0] starts refund, which this service isn't for:"
        " HANDRAIL_MACHINES doesn't name it."
    ]


def test_express_machines_are_refused_by_name_and_left_out_by_pattern() -> None:
    named, met = (
        subscription(machine="quick"),
        subscription(machine="q*", place="HANDRAIL_NOTIFY[1]"),
    )
    assert missing(named, met, express={"quick", "other"}) == [
        "HANDRAIL_NOTIFY[0] asks for news of quick, an Express state machine: its history can't be"
        " read again, so that news could be lost."
    ]
    assert left_out([named, met], {"quick", "other"}) == [
        "HANDRAIL_NOTIFY[1] meets the Express state machine quick, of which no news is told: its"
        " history can't be read again."
    ]


def test_lambda_sends_nothing_that_the_setting_asks_for() -> None:
    written = subscription(place="orders: notify[0]")
    assert missing(written, on_lambda=True) == []
    assert missing(written, subscription(), on_lambda=True, store=False) == [
        "A Lambda function sends no news, since it is frozen between its events:"
        " HANDRAIL_NOTIFY[0] needs a container; HANDRAIL_NEWS=off says that one sends it."
    ]


@pytest.mark.parametrize(
    ("url", "allowed", "refused"),
    [
        ("https://hooks.example.com/", "", False),
        ("http://hooks.example.com/", "", True),
        ("http://hooks.internal/", "hooks.internal", False),
        ("http://hooks.internal:8080/", "10.0.0.0/8", True),
        ("http://10.1.2.3/", "10.0.0.0/8", False),
        ("http://[::1]:9000/", "::1", False),
        ("http://10.1.2.3/", "", True),
        ("http://8.8.8.8/", "", True),
    ],
)
def test_http_goes_only_to_hosts_that_may_be_private(url: str, allowed: str, refused: bool) -> None:
    found = plain_urls(
        [subscription(target=WebhookTarget(url, SECRET)), subscription()],
        PrivateAllowance.parse(allowed),
    )
    assert bool(found) is refused
    assert all("HANDRAIL_NEWS_PRIVATE" in said and "hooks" not in said for said in found)
