"""Delivering news to a URL, signed."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from handrail.clock import SystemClock
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import Delivery, DeliveryFailed
from handrail.core.news.targets import WebhookTarget
from handrail.webhooks.signed_webhook import SignedWebhook
from handrail.webhooks.webhook_client import WebhookClient
from tests.fakes import FakeClock

from .receiver import Receiver

OLD, NEW = "whsec_" + "b2xk" * 8, "whsec_" + "bmV3" * 8
AT = datetime(2026, 11, 1, tzinfo=UTC)
BODY = json.dumps({"type": "execution.failed", "data": {"name": "Zoë"}}, ensure_ascii=False)
DELIVERY = Delivery("0123456789ab", ExecutionId("orders", "7f3c"), 7, AT, ("failed",), BODY, AT, AT)


def webhook(client: WebhookClient, receiver: Receiver, secret: str = NEW) -> SignedWebhook:
    """By the real time: the library, which verifies, knows no other."""
    return SignedWebhook(WebhookTarget(f"{receiver.url}/hook", secret), client, SystemClock())


async def failure(target: SignedWebhook) -> DeliveryFailed:
    async with asyncio.timeout(20):
        with pytest.raises(DeliveryFailed) as caught:
            await target.deliver(DELIVERY)
    return caught.value


async def test_the_library_verifies_what_comes(client: WebhookClient, receiver: Receiver) -> None:
    await webhook(client, receiver).deliver(DELIVERY)
    headers, body = receiver.requests[0]
    assert Webhook(NEW).verify(body, dict(headers)) == json.loads(BODY)
    assert headers["webhook-id"] == DELIVERY.id == "orders:7f3c:7"
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(body, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body + b" ", dict(headers))


async def test_while_secrets_are_changed_either_verifies(
    client: WebhookClient, receiver: Receiver
) -> None:
    await webhook(client, receiver, f"{NEW},{OLD}").deliver(DELIVERY)
    headers, body = receiver.requests[0]
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(body, dict(headers)) == json.loads(BODY)


async def test_a_retry_has_the_same_id_and_body_and_a_fresh_signature(
    client: WebhookClient, receiver: Receiver
) -> None:
    clock = FakeClock()
    target = SignedWebhook(WebhookTarget(receiver.url, NEW), client, clock)
    receiver.answers.append(500)
    assert (await failure(target)).detail == "answered 500"
    await clock.advance(60)
    await target.deliver(DELIVERY)
    (first, body), (second, same_body) = receiver.requests
    assert body == same_body == BODY.encode()
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 60
    assert first["webhook-signature"] != second["webhook-signature"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_delivered(client: WebhookClient, receiver: Receiver, status: int) -> None:
    receiver.answers.append(status)
    await webhook(client, receiver).deliver(DELIVERY)


@pytest.mark.parametrize("status", [400, 401, 404, 500, 502])
async def test_other_answers_are_failures_that_may_pass(
    client: WebhookClient, receiver: Receiver, status: int
) -> None:
    receiver.answers.append((status, {"Retry-After": "60"}))
    failed = await failure(webhook(client, receiver))
    assert (failed.detail, failed.retry_after_s, failed.final) == (
        f"answered {status}",
        None,
        False,
    )


@pytest.mark.parametrize("status", [429, 503])
async def test_who_is_busy_says_for_how_long(
    client: WebhookClient, receiver: Receiver, status: int
) -> None:
    receiver.answers.append((status, {"Retry-After": "60"}))
    assert (await failure(webhook(client, receiver))).retry_after_s == 60.0
    clock = FakeClock()
    in_a_minute = f"{clock.now() + timedelta(minutes=1):%a, %d %b %Y %H:%M:%S GMT}"
    receiver.answers.append((status, {"Retry-After": in_a_minute}))
    target = SignedWebhook(WebhookTarget(receiver.url, NEW), client, clock)
    assert (await failure(target)).retry_after_s == 60.0


async def test_a_redirect_is_a_failure_that_says_so(
    client: WebhookClient, receiver: Receiver
) -> None:
    to_metadata = {"Location": "http://169.254.169.254/latest/meta-data/"}
    receiver.answers.append((302, to_metadata))
    failed = await failure(webhook(client, receiver))
    assert failed.detail == "answered 302, a redirect, and none is followed"
    assert len(receiver.requests) == 1


async def test_410_is_final(client: WebhookClient, receiver: Receiver) -> None:
    receiver.answers.append(410)
    assert (await failure(webhook(client, receiver))).final


async def test_what_is_answered_shows_nowhere(client: WebhookClient, receiver: Receiver) -> None:
    receiver.answers.append((500, {}))
    assert "what it says" not in str(await failure(webhook(client, receiver)))


def test_neither_url_nor_secret_shows(client: WebhookClient, receiver: Receiver) -> None:
    target = webhook(client, receiver)
    for shown in (repr(target), repr(WebhookTarget(f"{receiver.url}/hook", NEW))):
        assert NEW not in shown
        assert "/hook" not in shown
