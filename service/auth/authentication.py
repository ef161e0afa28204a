"""Authenticates callers by the credential of a request or handshake."""

from dataclasses import dataclass
from typing import Protocol

from service.auth.api_keys import ApiKeys
from service.core.access.principals import Credential, Principal
from service.core.errors import Unauthenticated

JWT_DOTS = 2


class Tokens(Protocol):
    async def principal_of(self, text: str) -> Principal:
        """Raises Unauthenticated, CredentialExpired, Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Authentication:
    """Answers who a credential belongs to, by the ways that are switched on."""

    keys: ApiKeys | None = None
    tokens: Tokens | None = None

    async def principal_of(self, credential: Credential) -> Principal:
        """Raises Unauthenticated, CredentialExpired, Unavailable where an issuer can't be asked."""
        if not credential.given:
            raise Unauthenticated("Send Authorization: Bearer with an API key or a token.")
        text = credential.bearer or credential.key or ""
        if self.keys is not None and (found := self.keys.principal_of(text)) is not None:
            return found
        if self.tokens is not None and (credential.bearer or "").count(".") == JWT_DOTS:
            return await self.tokens.principal_of(text)
        raise Unauthenticated("This credential isn't known here.")
