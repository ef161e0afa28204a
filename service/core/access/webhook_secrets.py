"""Reads the secrets of inbound webhooks, as the Standard Webhooks specification writes them:
`whsec_` and the base64 of 24 to 64 random bytes (https://www.standardwebhooks.com)."""

from base64 import b64decode
from contextlib import suppress


def parse_secrets(text: str) -> tuple[str, ...]:
    """Read `whsec_…,whsec_…`. Raises ValueError, which never quotes a secret."""
    secrets = tuple(entry.strip() for entry in text.split(","))
    for number, secret in enumerate(secrets, start=1):
        decoded, encoded = b"", secret.removeprefix("whsec_").rstrip("=")
        with suppress(ValueError):
            decoded = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        if not secret.startswith("whsec_") or len(decoded) < 24:
            raise ValueError(f"secret {number} must read whsec_ and the base64 of 24 bytes or more")
    return secrets
