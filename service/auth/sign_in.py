"""Tells pages where their readers sign in: at the issuer, by OpenID Connect, with PKCE. The page
does that itself; here the issuer's addresses are found, since the page may only connect to what its
policy names."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Protocol

import structlog

from handrail.clock import Clock
from handrail.core.errors import Unavailable
from handrail.core.models import Json
from handrail.core.typed_dict import TypedDict

log = structlog.get_logger(__name__)

REFRESH_S = 3600.0
AGAIN_S = 15.0  # after the issuer didn't answer: until then nobody waits for it
PATIENCE_S = 3.0
ADDRESS = re.compile(r"https?://(?:[0-9A-Za-z.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[!-~]*)?")
"""Names its host alone: a part of it becomes a part of the page's policy."""


class Discovery(Protocol):
    async def discovery(self) -> Mapping[str, Json]:
        """The issuer's metadata (OpenID Connect Discovery 1.0). Raises Unavailable."""
        ...


class SignInDocument(TypedDict):
    """What a page needs. The addresses are null while the issuer can't be asked for them."""

    issuer: str
    client_id: str
    scopes: str
    audience: str | None
    authorization_endpoint: str | None
    token_endpoint: str | None
    end_session_endpoint: str | None


@dataclass(frozen=True, slots=True)
class SignInRules:
    """`client_id` is the page's own at the issuer, a public client. `audience` is Auth0's name for
    what the token is to be for."""

    issuer: str
    client_id: str
    scopes: str = "openid"
    audience: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    authorization: str
    token: str
    end_session: str | None


class SignIn:
    """Asks the issuer once an hour, while anybody looks at the page."""

    def __init__(self, rules: SignInRules, discovery: Discovery, clock: Clock) -> None:
        self._rules = rules
        self._discovery = discovery
        self._clock = clock
        self._endpoints: Endpoints | None = None
        self._again_at = -inf
        self._asking = asyncio.Lock()

    async def document(self) -> SignInDocument:
        """What stands in the page. Never raises: who can't sign in at the issuer may have a key."""
        async with self._asking:
            if self._clock.monotonic() >= self._again_at:
                await self._ask()
        rules, found = self._rules, self._endpoints
        return SignInDocument(
            issuer=rules.issuer,
            client_id=rules.client_id,
            scopes=rules.scopes,
            audience=rules.audience,
            authorization_endpoint=found.authorization if found else None,
            token_endpoint=found.token if found else None,
            end_session_endpoint=found.end_session if found else None,
        )

    async def _ask(self) -> None:
        """What was found before stays where the issuer doesn't answer."""
        again_s = REFRESH_S
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self._discovery.discovery()
            self._endpoints = endpoints_in(found, self._rules.issuer)
        except (Unavailable, TimeoutError) as error:
            again_s = AGAIN_S
            log.warning("issuer not asked for its addresses", reason=str(error) or "no answer")
        self._again_at = self._clock.monotonic() + again_s


def endpoints_in(found: Mapping[str, Json], issuer: str) -> Endpoints:
    """Raises Unavailable where one that is needed is missing, or less secure than the issuer."""
    authorization = _address(found, "authorization_endpoint", issuer)
    token = _address(found, "token_endpoint", issuer)
    if authorization is None or token is None:
        raise Unavailable("The issuer's discovery document doesn't say where to sign in.")
    return Endpoints(authorization, token, _address(found, "end_session_endpoint", issuer))


def _address(found: Mapping[str, Json], name: str, issuer: str) -> str | None:
    address = found.get(name)
    if address is None:
        return None
    if not isinstance(address, str) or ADDRESS.fullmatch(address) is None:
        raise Unavailable(f"The issuer's {name} is no address that can be used.")
    if address.startswith("http:") and not issuer.startswith("http:"):
        raise Unavailable(f"The issuer's {name} must be served over https.")
    return address
