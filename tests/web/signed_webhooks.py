"""Signs messages as the Standard Webhooks specification has them."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import Webhook

OLD, NEW, OTHER = (f"whsec_{b64encode(letter * 24).decode()}" for letter in (b"o", b"n", b"x"))


def signed(
    body: bytes, *, secret: str = NEW, id: str = "msg_1", aged_s: float = 0
) -> dict[str, str]:
    """The headers of a message signed so many seconds ago."""
    at = datetime.now(UTC) - timedelta(seconds=aged_s)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id, at, body.decode()),
    }
