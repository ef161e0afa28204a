"""Keeps the issuer's public keys: refreshed in the background, fetched for an unknown kid, but only
every MIN_INTERVAL_S: a flood of made-up kids isn't passed on to the issuer."""

import asyncio
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, Protocol

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from pydantic_core import from_json

from handrail.clock import Clock
from handrail.core.errors import ServiceError, Unauthenticated, Unavailable

log = structlog.get_logger(__name__)

REFRESH_S = 300.0  # older keys are still used, and fetched anew meanwhile
MAX_AGE_S = 3600.0
MIN_INTERVAL_S = 10.0
MOST_KEYS = 64
LEAST_RSA_BITS = 2048
KINDS: Mapping[str, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}  # by an algorithm's first letters


class KeyDocuments(Protocol):
    async def fetch(self) -> bytes:
        """The JSON Web Key Set (RFC 7517, section 5). Raises Unavailable."""
        ...


class SigningKeys:
    """Shared by every request. `close` ends a fetch under way."""

    def __init__(self, documents: KeyDocuments, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._keys: Sequence[Key] = ()
        self._read_at = self._asked_at = -inf
        self._failed = False
        self._reading: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> Key:
        """The key to verify with. Raises Unauthenticated where the issuer has none like it,
        Unavailable where the issuer can't be asked."""
        if (key := self._known(kid, algorithm)) is not None:
            if self._clock.monotonic() - self._read_at >= REFRESH_S:
                self._refresh()
            return key
        if (reading := self._refresh()) is not None:
            await asyncio.shield(reading)
        if (key := self._known(kid, algorithm)) is not None:
            return key
        if self._failed:
            raise Unavailable("The issuer's keys can't be read now.", retry_after_s=MIN_INTERVAL_S)
        raise Unauthenticated("This token is signed with a key that its issuer doesn't show.")

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _known(self, kid: str | None, algorithm: str) -> Key | None:
        """By its kid, or the only one there is; None where what was read is too old."""
        if self._clock.monotonic() - self._read_at >= MAX_AGE_S:
            return None
        kind = FAMILIES.get(algorithm[:2])
        alike = (key for key in self._keys if key.key_type == kind)
        alike = (key for key in alike if key.get("alg", algorithm) == algorithm)
        found = [key for key in alike if kid is None or key.get("kid") == kid]
        return found[0] if found and (kid is not None or len(found) == 1) else None

    def _refresh(self) -> asyncio.Task[None] | None:
        """The fetch under way, a new one, or None where the last was just now."""
        now = self._clock.monotonic()
        if self._reading is None and now - self._asked_at >= MIN_INTERVAL_S:
            self._asked_at = now
            self._reading = asyncio.get_running_loop().create_task(self._read())
            self._reading.add_done_callback(self._done)
        return self._reading

    async def _read(self) -> None:
        try:
            self._keys = usable(await self._documents.fetch())
        except ServiceError as error:
            self._failed = True
            log.warning("issuer's keys not read", why=error.detail)
        else:
            self._failed, self._read_at = False, self._clock.monotonic()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._reading = None
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed = True
            log.error("reading the issuer's keys failed", exc_info=error)


def json_object(document: bytes) -> dict[str, Any]:
    """Empty where it isn't one."""
    try:
        value = from_json(document)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}


def usable(document: bytes) -> tuple[Key, ...]:
    """The set's keys that verify signatures; the others are passed over. A symmetric one would be
    a secret everybody can read. Raises Unavailable where it is no key set."""
    listed = json_object(document).get("keys")
    if not isinstance(listed, list):
        raise Unavailable("The issuer's keys are no JSON Web Key Set.")
    keys = (_key(item) for item in listed[:MOST_KEYS] if isinstance(item, dict))
    return tuple(key for key in keys if key is not None)


def _key(item: Mapping[str, Any]) -> Key | None:
    kind, operations = KINDS.get(str(item.get("kty"))), item.get("key_ops")
    verifies = not isinstance(operations, list) or "verify" in operations
    if kind is None or not verifies or item.get("use", "sig") != "sig":
        return None
    try:
        if kind is RSAKey:
            modulus = int.from_bytes(urlsafe_b64decode(item["n"] + "=="))
            if modulus.bit_length() < LEAST_RSA_BITS:
                return None
        return kind.import_key(dict(item))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
