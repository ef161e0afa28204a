"""Checks the signatures of inbound webhooks by the Standard Webhooks specification: HMAC-SHA256
over id, timestamp and body, good for five minutes either way (https://www.standardwebhooks.com)."""

from collections.abc import Mapping, Sequence

from quart import Request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from handrail.core.errors import SignatureInvalid
from handrail.core.ports import WebhookIds

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
EVENTS_KEY = "X-Handrail-Events-Key"
"""What EventBridge's status changes come with, which nothing signs."""

INVALID = "The webhook's signature isn't valid."
MAX_ID = 256


class Signatures:
    """Checks messages against every active secret. The address isn't signed: so an id is bound to
    the one it first came to, lest a message that was overheard settle another task."""

    def __init__(self, secrets: Sequence[str], ids: WebhookIds) -> None:
        self._webhooks = tuple(Webhook(secret) for secret in secrets)
        self._ids = ids

    async def signed(self, request: Request) -> bool:
        """Whether the request is a signed message, which may complete the task that the path names.
        Raises SignatureInvalid for a bad one, whatever other credential comes with it."""
        sent = {name: text for name in HEADERS if (text := request.headers.get(name))}
        return await self.verify(sent, await request.get_data(True, False, False), request.path)

    async def verify(self, sent: Mapping[str, str], body: bytes, address: str) -> bool:
        """Whether this is a signed message; `sent` are those of HEADERS that came. False where none
        did or no secret is set, so that another credential may count. Raises SignatureInvalid."""
        if not self._webhooks or not sent:
            return False
        id = sent.get("webhook-id", "")
        if len(id) > MAX_ID or not any(_signed(by, sent, body) for by in self._webhooks):
            raise SignatureInvalid(INVALID)
        if not await self._ids.bind(id, address):
            raise SignatureInvalid(INVALID)
        return True


def _signed(webhook: Webhook, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        webhook.verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: no base64, no UTF-8, no comma
        return False
    return True
