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

from handrail.auth.issuer_keys import SigningKeys
from handrail.clock import Clock
from handrail.core.access.principals import EVERY, LONGEST_NAME, Principal, grants_in
from handrail.core.errors import CredentialExpired, Unauthenticated
from handrail.core.models import Json

SCOPE_CLAIMS = ("scope", "scp", "scopes")
CLIENT_CLAIMS = ("client_id", "azp")
"""The application that a token was given to: RFC 9068, 2.2, and OpenID Connect Core 1.0, 2."""
LONGEST_TOKEN = 16_384
LONGEST_HEADER = 8_192
LONGEST_SIGNATURE = 4_096
INVALID = "This token isn't one for this service."
YEAR_9999 = 253_402_300_799


@dataclass(frozen=True, slots=True)
class JwtRules:
    """The claims a token must have. `scopes_claims` say where its scopes stand; `scope_prefix` is
    taken off each and required on it; without `machines_claim` a token isn't limited to state
    machines. A claim within another is named by a path with dots, `realm_access.roles`."""

    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    leeway_s: int = 30
    scopes_claims: tuple[str, ...] = SCOPE_CLAIMS
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
        try:
            claims = jwt.decode(text, key, registry=self._registry).claims
            self._expected(claims).validate(claims)
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

    def _expected(self, claims: Mapping[str, Json]) -> jwt.JWTClaimsRegistry:
        """A token with an audience is for nobody else. One without any, as Amazon Cognito's access
        tokens are and Keycloak's may be, is good where it was given to an application of ours."""
        rules, given_to = self._rules, [claims[name] for name in CLIENT_CLAIMS if name in claims]
        ours = bool(given_to) and all(client in rules.audiences for client in given_to)
        return jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=rules.leeway_s,
            iss={"essential": True, "value": rules.issuer},
            aud={"essential": "aud" in claims or not ours, "values": list(rules.audiences)},
            exp={"essential": True},
        )

    def _principal(self, claims: Mapping[str, Json]) -> Principal:
        rules, prefix = self._rules, self._rules.scope_prefix
        ends_at = claims["exp"] + rules.leeway_s
        if ends_at > YEAR_9999:
            raise Unauthenticated(INVALID)
        names = (claims.get(name) for name in ("sub", *CLIENT_CLAIMS))
        name = str(next(filter(None, names), "unnamed"))[:LONGEST_NAME]
        name = name.encode(errors="replace").decode()  # half a surrogate pair can't be written
        scopes = [text for claim in rules.scopes_claims for text in _texts(_at(claims, claim))]
        grants = grants_in(text.removeprefix(prefix) for text in scopes if text.startswith(prefix))
        claim = rules.machines_claim
        machines = (EVERY,) if claim is None else tuple(_texts(_at(claims, claim)))
        return Principal(name, grants, machines, datetime.fromtimestamp(ends_at, UTC))


def _at(claims: Json, path: str) -> Json:
    """The claim of this name, which may have dots itself, else the one at this path."""
    if not isinstance(claims, Mapping):
        return None
    if path in claims:
        return claims[path]
    dots = (place for place, letter in enumerate(path) if letter == ".")
    found = (_at(claims.get(path[:dot]), path[dot + 1 :]) for dot in dots)
    return next((claim for claim in found if claim is not None), None)


def _texts(claim: Json) -> list[str]:
    """A claim's words: a list of texts, or one text with blanks between them."""
    if isinstance(claim, str):
        return claim.split()
    return [item for item in claim if isinstance(item, str)] if isinstance(claim, list) else []
