"""Delivers news to a URL, signed as the Standard Webhooks specification has it
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)."""

from collections.abc import Sequence
from http import HTTPStatus

from standardwebhooks.webhooks import Webhook

from handrail.clock import Clock
from handrail.core.access.webhook_secrets import parse_secrets
from handrail.core.news.deliveries import Delivery, DeliveryFailed
from handrail.core.news.targets import WebhookTarget

from .retry_after import retry_after_s
from .webhook_client import WebhookAnswer, WebhookClient

BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class SignedWebhook:
    """A NewsTarget. With two secrets, `whsec_…,whsec_…`, each signs: the receiver may know either
    while they are changed."""

    def __init__(self, target: WebhookTarget, client: WebhookClient, clock: Clock) -> None:
        self._url, self._client, self._clock = target.url, client, clock
        self._secrets = tuple(Webhook(secret) for secret in parse_secrets(target.secret))

    async def deliver(self, delivery: Delivery) -> None:
        headers = _signed(self._secrets, delivery, self._clock)
        answer = await self._client.post(self._url, delivery.body.encode(), headers)
        self._judge(answer)

    def _judge(self, answer: WebhookAnswer) -> None:
        status = answer.status
        if 200 <= status < 300:
            return
        if status == HTTPStatus.GONE:
            raise DeliveryFailed("answered 410: nothing is wanted there any more", final=True)
        if 300 <= status < 400:
            raise DeliveryFailed(f"answered {status}, a redirect, and none is followed")
        after_s = None
        if status in BUSY:
            after_s = retry_after_s(answer.retry_after, self._clock.now())
        raise DeliveryFailed(f"answered {status}", retry_after_s=after_s)


def _signed(secrets: Sequence[Webhook], delivery: Delivery, clock: Clock) -> dict[str, str]:
    at = clock.now()
    signatures = (secret.sign(delivery.id, at, delivery.body) for secret in secrets)
    return {
        "webhook-id": delivery.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
