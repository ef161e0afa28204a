"""Reads API keys, long random texts, and knows them by their SHA-256 alone: with 256 random bits
there is nothing to guess that a slow hash would guard."""

import hashlib
import hmac
import secrets
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from handrail.clock import Clock
from handrail.core.access.principals import EVERY, LONGEST_NAME, Grant, Principal
from handrail.core.errors import CredentialExpired
from handrail.core.models import Json

PREFIX = "hr_"  # known for a key where it shouldn't be, by people and by secret scanners
KEY_BYTES = 32
Pattern = Annotated[str, Field(min_length=1, max_length=256)]


class ApiKeyError(Exception):
    """The configured keys can't be read. The text says where, and never repeats a value."""


class ApiKey(BaseModel):
    """One configured key. Several may have one name: that is how keys are changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the key, in hex.")
    scopes: tuple[str, ...] = Field(min_length=1)
    machines: tuple[Pattern, ...] = Field((EVERY,), min_length=1)
    expires_at: AwareDatetime | None = None

    def principal(self) -> Principal:
        """Raises ValueError for what is no scope."""
        grants = tuple(map(Grant.parse, self.scopes))
        return Principal(self.name, grants, self.machines, self.expires_at)


class ApiKeys:
    """Tells whose key a text is. Raises ApiKeyError for a wrong scope or a key given twice."""

    def __init__(self, keys: Sequence[ApiKey], clock: Clock) -> None:
        self._clock = clock
        self._principals: dict[bytes, Principal] = {}
        for key in keys:
            try:
                self._principals[bytes.fromhex(key.sha256)] = key.principal()
            except ValueError as error:
                raise ApiKeyError(f"{key.name}: {error}") from None
        if len(self._principals) < len(keys):
            raise ApiKeyError("a key is listed twice")

    def principal_of(self, text: str) -> Principal | None:
        """Compares each key in constant time; None where nobody has it. Raises
        CredentialExpired."""
        digest, found = digest_of(text), None
        for known, principal in self._principals.items():
            if hmac.compare_digest(known, digest):
                found = principal
        if found and found.expires_at and self._clock.now() >= found.expires_at:
            raise CredentialExpired("This API key has expired.")
        return found


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(KEY_BYTES)


def digest_of(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


def read_inline(text: str) -> list[ApiKey]:
    """A JSON array, or one JSON object a line. Raises ApiKeyError."""
    text = text.strip()
    try:
        if text.startswith("["):
            return _keys(from_json(text))
        return _keys([from_json(line) for line in text.splitlines() if line.strip()])
    except ValueError:
        raise ApiKeyError("not JSON") from None


def read_file(name: str, text: str) -> list[ApiKey]:
    """TOML with `[[api_keys]]` where the name says so, else as `read_inline`, or a JSON object with
    `api_keys`. Raises ApiKeyError."""
    if name.endswith(".toml"):
        try:
            return _keys(tomllib.loads(text).get("api_keys", []))
        except tomllib.TOMLDecodeError:
            raise ApiKeyError("not TOML") from None
    with suppress(ValueError):
        whole = from_json(text)
        if isinstance(whole, dict) and set(whole) == {"api_keys"}:
            return _keys(whole["api_keys"])
    return read_inline(text)


def _keys(values: Json) -> list[ApiKey]:
    try:
        return _adapter.validate_python(values)
    except ValidationError as error:
        problems = []
        for found in error.errors(include_url=False, include_input=False, include_context=False):
            where = ".".join(str(part) for part in found["loc"])
            problems.append(f"{where}: {found['msg']}" if where else str(found["msg"]))
        raise ApiKeyError("; ".join(problems)) from None


_adapter = TypeAdapter(list[ApiKey])
