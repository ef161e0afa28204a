"""API keys of every kind of principal, and a service that knows them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from handrail.auth.api_keys import digest_of

KINDS: dict[str, dict[str, Any]] = {
    "all": {"scopes": ["read", "start", "operate", "complete"]},
    "read": {"scopes": ["read"]},
    "start": {"scopes": ["start"]},
    "operate": {"scopes": ["operate"]},
    "complete": {"scopes": ["complete"]},
    "elsewhere": {"scopes": ["read", "start", "operate", "complete"], "machines": ["other-*"]},
    "here": {"scopes": ["read", "start", "operate", "complete"], "machines": ["order"]},
    "expired": {"scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"},
}


def key(kind: str) -> str:
    """Long and odd enough to be found wherever it leaks to."""
    return f"hr_made-up-{kind}-key-0123456789abcdef"


def entry(kind: str, **members: Any) -> dict[str, Any]:
    return {"name": kind, "sha256": digest_of(key(kind)).hex(), **members}


def configured(**soon: float) -> dict[str, Any]:
    """Settings with every kind; `soon` are more kinds that expire in so many seconds."""
    entries = [entry(kind, **members) for kind, members in KINDS.items()]
    for kind, left_s in soon.items():
        ends_at = datetime.now(UTC) + timedelta(seconds=left_s)
        entries.append(entry(kind, scopes=["read"], expires_at=ends_at.isoformat()))
    return {"auth": "api-key", "api_keys": json.dumps(entries)}


def bearer(kind: str | None) -> dict[str, str]:
    """The header; `bad` is a key nobody has."""
    return {} if kind is None else {"Authorization": f"Bearer {key(kind)}"}
