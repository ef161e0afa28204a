"""Reads the keys that EventBridge's status changes come with: one, or two while one takes the
other's place. They are no principal's, and open one route alone."""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

MOST_KEYS = 2
SHORTEST, LONGEST = 16, 512
"""Characters; EventBridge takes 512 of an API key
(https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnectionApiKeyAuthRequestParameters.html)."""


@dataclass(frozen=True, slots=True, repr=False)
class EventsKeys:
    """False where none is set."""

    _digests: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `key` or `new-key,old-key`. Raises ValueError, which never quotes one."""
        keys = [entry.strip() for entry in text.split(",")]
        if len(keys) > MOST_KEYS:
            raise ValueError(f"takes {MOST_KEYS} secrets at most: the new one, and the old one")
        for number, key in enumerate(keys, start=1):
            printable = key.isascii() and key.isprintable() and " " not in key
            if not (SHORTEST <= len(key) <= LONGEST and printable):
                raise ValueError(
                    f"secret {number} must have {SHORTEST} to {LONGEST} characters of ASCII,"
                    " no blank or comma among them"
                )
        return cls(tuple(map(_digest, keys)))

    def __bool__(self) -> bool:
        return bool(self._digests)

    def opened_by(self, shown: str) -> bool:
        """Whether it is one of them; that takes as long whatever was shown."""
        digest = _digest(shown)
        return sum(hmac.compare_digest(digest, known) for known in self._digests) > 0


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "replace")).digest()
