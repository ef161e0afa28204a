"""Where news may go, and what shows of it."""

import pytest

from handrail.core.news.targets import (
    THE_NEWS,
    EventBusTarget,
    QueueTarget,
    StartTarget,
    Target,
    TopicTarget,
    WebhookTarget,
    parse_target,
)

from .made_news import SECRET

ACCOUNT = "eu-west-1:123456789012"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/news.fifo"


@pytest.mark.parametrize(
    ("url", "target", "shown"),
    [
        (f"sns:arn:aws:sns:{ACCOUNT}:news", TopicTarget(f"arn:aws:sns:{ACCOUNT}:news"), "sns:news"),
        ("eventbridge:default", EventBusTarget("default"), "eventbridge:default"),
        (
            f"eventbridge:arn:aws:events:{ACCOUNT}:event-bus/shop/one",
            EventBusTarget(f"arn:aws:events:{ACCOUNT}:event-bus/shop/one"),
            "eventbridge:shop/one",
        ),
        (f"sqs:{QUEUE}", QueueTarget(QUEUE), "sqs:news.fifo"),
        (f"sqs:arn:aws:sqs:{ACCOUNT}:news.fifo", QueueTarget(QUEUE), "sqs:news.fifo"),
        (
            "sqs:arn:aws-cn:sqs:cn-north-1:123456789012:q",
            QueueTarget("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q"),
            "sqs:q",
        ),
    ],
)
def test_what_aws_has_is_named_by_its_arn_or_url(url: str, target: Target, shown: str) -> None:
    assert parse_target(url, None) == target
    assert target.shown == shown
    with pytest.raises(ValueError, match="takes no secret"):
        parse_target(url, SECRET)


def test_of_a_webhook_its_host_and_port_alone_show() -> None:
    url = "https://Hooks.example.com:8443/services/T0KEN?key=T0KEN"
    target = parse_target(url, SECRET)
    assert target == WebhookTarget(url, SECRET)
    assert target.shown == "https://hooks.example.com:8443"
    assert "T0KEN" not in f"{target!r} {target}"
    assert SECRET not in repr(target)


def test_an_address_shows_as_in_its_url() -> None:
    assert parse_target("https://[2606:4700::1]/T0KEN", SECRET).shown == "https://[2606:4700::1]"


def test_a_start_shows_its_machine() -> None:
    assert StartTarget("refund").shown == "start:refund"
    assert StartTarget("refund").input is THE_NEWS
    assert "7" not in repr(StartTarget("refund", 7))


def test_a_webhook_without_a_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="couldn't know who speaks"):
        parse_target("https://hooks.example.com/T0KEN", None)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://user:T0KEN@hooks.example.com/", "holds no user or password"),
        ("https://T0KEN@hooks.example.com/", "holds no user or password"),
        ("https://hooks.example.com/#T0KEN", "ends before its #"),
        ("https:///T0KEN", "is no URL of a host"),
        ("https:T0KEN", "is no URL of a host"),
        ("https://hooks.example.com/T0KEN x", "is no URL of a host"),
        ("https://hooks.example.com\\T0KEN", "is no URL of a host"),
        ("https://hooks.example.com/T0KEN\n", "is no URL of a host"),
        ("https://hooks.example.com:0/T0KEN", "is no URL of a host"),
        ("https://hooks.example.com:99999/T0KEN", "is no URL"),
        ("https://[::1/T0KEN", "is no URL"),
        ("https://höoks.example.com/T0KEN", "is no URL of a host"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused_and_not_quoted(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        parse_target(url, SECRET)
    assert "T0KEN" not in str(refused.value)


@pytest.mark.parametrize("url", ["hooks.example.com/T0KEN", "HTTPS://hooks.example.com/T0KEN"])
def test_what_is_no_target_is_not_quoted_beside_a_secret_either(url: str) -> None:
    with pytest.raises(ValueError, match="begins with https:") as refused:
        parse_target(url, SECRET)
    assert "T0KEN" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://hooks.example.com/T0KEN", "begins with https:, sns:, eventbridge: or sqs:"),
        ("T0KEN", "begins with https:"),
        ("sns:T0KEN", "the ARN of a topic"),
        ("sns:arn:aws:sqs:eu-west-1:123456789012:T0KEN", "the ARN of a topic"),
        ("eventbridge:", "the name or the ARN of an event bus"),
        ("eventbridge:a:T0KEN", "the name or the ARN of an event bus"),
        ("sqs:T0KEN", "the URL or the ARN of a queue"),
        ("sqs:https://sqs.eu-west-1.amazonaws.com/T0KEN", "the URL or the ARN of a queue"),
    ],
)
def test_what_is_no_target_is_refused_and_not_quoted(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        parse_target(url, None)
    assert "T0KEN" not in str(refused.value)


def test_what_is_no_target_is_told_so_beside_a_secret_too() -> None:
    with pytest.raises(ValueError, match="begins with https:"):
        parse_target("ftp://hooks.example.com/", SECRET)
    with pytest.raises(ValueError, match="sns: takes no secret"):
        parse_target("sns:arn:aws:sns:eu-west-1:123456789012:orders", SECRET)
