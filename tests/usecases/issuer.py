"""A made-up issuer: keys, the documents that show them, and tokens signed with them."""

import asyncio
import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from handrail.core.errors import ServiceError
from tests.fakes import BEGIN

ISSUER = "https://issuer.example"
AUDIENCE = "handrail"
NOW = int(BEGIN.timestamp())


def rsa_key(kid: str = "rsa-1", **members: Any) -> RSAKey:
    parameters: Any = {"kid": kid, **members}
    return RSAKey.generate_key(2048, parameters)


def short_rsa_key(kid: str) -> dict[str, Any]:
    """Public, and half as long as it must be today."""
    numbers = rsa.generate_private_key(65_537, 1024).public_key().public_numbers()  # noqa: S505
    modulus = base64.urlsafe_b64encode(numbers.n.to_bytes(128)).rstrip(b"=").decode()
    return {"kty": "RSA", "kid": kid, "n": modulus, "e": "AQAB"}


def ec_key(kid: str = "ec-1") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid})


def okp_key(kid: str = "ed-1") -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": kid})


def key_set(*keys: Key, extra: list[Any] | None = None) -> bytes:
    shown = [key.as_dict(private=False) for key in keys]
    return json.dumps({"keys": [*shown, *(extra or [])]}).encode()


def claims(**changed: Any) -> dict[str, Any]:
    """Good ones, changed; None leaves one out."""
    whole = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ada",
        "exp": NOW + 300,
        "scope": "read",
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def token(
    key: Key, *, alg: str = "RS256", header: dict[str, Any] | None = None, **changed: Any
) -> str:
    kid = key.get("kid")
    head = {"alg": alg, **({"kid": kid} if kid else {}), **(header or {})}
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    return jwt.encode(head, claims(**changed), key, registry=registry)


class FakeKeyDocuments:
    """Shows what `document` holds, once it is let; counts how often it is asked."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.fetched = 0
        self.error: ServiceError | Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def fetch(self) -> bytes:
        self.fetched += 1
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return self.document
