"""Reads the secrets of webhooks, as the Standard Webhooks specification writes them:
`whsec_` and the base64 of 24 to 64 random bytes (https://www.standardwebhooks.com)."""

from base64 import b64decode
from contextlib import suppress


def parse_secrets(text: str) -> tuple[str, ...]:
    """Read `whsec_…,whsec_…`. Raises ValueError, which never quotes a secret."""
    secrets = tuple(entry.strip() for entry in text.split(","))
    for number, secret in enumerate(secrets, start=1):
        if len(_key(secret)) < 24:
            raise ValueError(f"secret {number} must read whsec_ and the base64 of 24 bytes or more")
    return secrets


def check_secret(text: str) -> None:
    """Raises ValueError, which never quotes it, for what no webhook is signed with: by one secret,
    or by two with a comma between them, while it is changed."""
    secrets = text.split(",")
    if len(secrets) > 2 or not all(24 <= len(_key(each.strip())) <= 64 for each in secrets):
        raise ValueError("must read whsec_ and the base64 of 24 to 64 bytes")


def _key(secret: str) -> bytes:
    """The bytes that it stands for, none where it can't be read."""
    encoded = secret.removeprefix("whsec_").rstrip("=")
    with suppress(ValueError):
        if secret.startswith("whsec_"):
            return b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    return b""
