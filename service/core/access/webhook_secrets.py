"""Reads the secrets of inbound webhooks, as the Standard Webhooks specification writes them:
`whsec_` and the base64 of 24 to 64 random bytes (https://www.standardwebhooks.com)."""

from base64 import b64decode
from binascii import Error as NotBase64

PREFIX = "whsec_"
MIN_BYTES = 24


def parse_secrets(text: str) -> tuple[str, ...]:
    """Read `whsec_…,whsec_…`. Raises ValueError, which never quotes a secret."""
    secrets = tuple(entry.strip() for entry in text.split(","))
    for number, secret in enumerate(secrets, start=1):
        if not secret.startswith(PREFIX) or len(_decoded(secret)) < MIN_BYTES:
            raise ValueError(
                f"secret {number} must read {PREFIX} and the base64 of {MIN_BYTES} bytes or more"
            )
    return secrets


def _decoded(secret: str) -> bytes:
    try:
        encoded = secret.removeprefix(PREFIX).rstrip("=")
        return b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (NotBase64, ValueError):
        return b""
