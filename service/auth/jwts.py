"""Checks JSON Web Tokens (RFC 7519) as RFC 8725 asks, and reads whose they are.

The algorithms are pinned by the settings: a symmetric one is only checked with the configured
secret, an asymmetric one with the issuer's published keys. What a token says of keys (`jku`, `jwk`,
`x5u`) is never looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import Key, OctKey

from service.auth.issuer_keys import SigningKeys
from service.clock import Clock
from service.core.access.principals import EVERY, LONGEST_NAME, Principal, grants_in
from service.core.errors import CredentialExpired, Unauthenticated
from service.core.models import Json

SCOPE_CLAIMS = ("scope", "scp", "scopes")
LONGEST_TOKEN = 16_384
LONGEST_HEADER = 8_192
LONGEST_SIGNATURE = 4_096
INVALID = "This token isn't one for this service."
YEAR_9999 = 253_402_300_799


@dataclass(frozen=True, slots=True)
class JwtRules:
    """The claims a token must have. `scope_prefix` is taken off each scope and required on it;
    without `machines_claim` a token isn't limited to state machines."""

    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    leeway_s: int = 30
    scope_prefix: str = ""
    machines_claim: str | None = None


class Jwts:
    def __init__(
        self, rules: JwtRules, keys: SigningKeys | None, secret: bytes | None, clock: Clock
    ) -> None:
        self._rules = rules
        self._keys = keys
        self._secret = OctKey.import_key(secret) if secret else None
        self._clock = clock
        self._registry = jws.JWSRegistry(algorithms=rules.algorithms, strict_check_header=False)
        self._registry.max_header_length = LONGEST_HEADER
        self._registry.max_signature_length = LONGEST_SIGNATURE

    async def principal_of(self, text: str) -> Principal:
        """Raises Unauthenticated, CredentialExpired, Unavailable (its key can't be read)."""
        if len(text) > LONGEST_TOKEN or not text.isascii():
            raise Unauthenticated(INVALID)
        algorithm, kid = self._header(text)
        if algorithm.startswith("HS"):
            key: Key | None = self._secret
        else:
            key = await self._keys.find(kid, algorithm) if self._keys is not None else None
        if key is None:
            raise Unauthenticated(INVALID)
        rules = self._rules
        expected = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=rules.leeway_s,
            iss={"essential": True, "value": rules.issuer},
            aud={"essential": True, "values": list(rules.audiences)},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(text, key, registry=self._registry).claims
            expected.validate(claims)
        except ExpiredTokenError:
            raise CredentialExpired("This token has expired.") from None
        except (JoseError, ValueError, TypeError, RecursionError):
            raise Unauthenticated(INVALID) from None
        return self._principal(claims)

    def _header(self, text: str) -> tuple[str, str | None]:
        try:
            header = jws.extract_compact(text.encode(), registry=self._registry).headers()
        except (JoseError, ValueError, TypeError, RecursionError):
            raise Unauthenticated(INVALID) from None
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._rules.algorithms or not isinstance(kid, str | None):
            raise Unauthenticated(INVALID)
        return str(algorithm), kid

    def _principal(self, claims: Mapping[str, Json]) -> Principal:
        rules, prefix = self._rules, self._rules.scope_prefix
        ends_at = claims["exp"] + rules.leeway_s
        if ends_at > YEAR_9999:
            raise Unauthenticated(INVALID)
        name = str(claims.get("sub") or claims.get("client_id") or "unnamed")[:LONGEST_NAME]
        scopes = [text for claim in SCOPE_CLAIMS for text in _texts(claims.get(claim))]
        grants = grants_in(text.removeprefix(prefix) for text in scopes if text.startswith(prefix))
        claim = rules.machines_claim
        machines = (EVERY,) if claim is None else tuple(_texts(claims.get(claim)))
        return Principal(name, grants, machines, datetime.fromtimestamp(ends_at, UTC))


def _texts(claim: Json) -> list[str]:
    """A claim's words: a list of texts, or one text with blanks between them."""
    if isinstance(claim, str):
        return claim.split()
    return [item for item in claim if isinstance(item, str)] if isinstance(claim, list) else []
