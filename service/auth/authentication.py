"""Authenticates callers by the credential of a request or handshake."""

from dataclasses import dataclass
from typing import Protocol

from handrail.auth import narrowed_tokens
from handrail.auth.api_keys import ApiKeys
from handrail.auth.narrowed_tokens import NarrowedTokens
from handrail.auth.sign_in import SignIn
from handrail.auth.tickets import Tickets
from handrail.core.access.principals import Credential, Principal
from handrail.core.errors import Unauthenticated

JWT_DOTS = 2


class Tokens(Protocol):
    async def principal_of(self, text: str) -> Principal:
        """Raises Unauthenticated, CredentialExpired, Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Authentication:
    """Answers who a credential belongs to, by the ways that are switched on. Where none is, nobody
    is asked; a ticket or a token of this service that is shown all the same counts as elsewhere, so
    that a page works here as it will there. `sign_in` is where pages have their readers sign in."""

    keys: ApiKeys | None = None
    tokens: Tokens | None = None
    narrowed: NarrowedTokens | None = None
    tickets: Tickets | None = None
    sign_in: SignIn | None = None

    @property
    def asks(self) -> bool:
        return self.keys is not None or self.tokens is not None

    async def principal_of(self, credential: Credential) -> Principal | None:
        """None where nobody is asked. Raises Unauthenticated, CredentialExpired, and Unavailable
        where an issuer or the tickets' table can't be asked."""
        if credential.ticket is not None and self.tickets is not None:
            return await self.tickets.redeem(credential.ticket)
        text = credential.bearer or credential.key or ""
        if self.keys is not None and (found := self.keys.principal_of(text)) is not None:
            return found
        token = credential.bearer if credential.token is None else credential.token
        if self.narrowed is not None and (token or "").startswith(narrowed_tokens.PREFIX):
            return self.narrowed.principal_of(token or "")
        if not self.asks:
            return None
        if not credential.given:
            raise Unauthenticated("Send Authorization: Bearer with an API key or a token.")
        if self.tokens is not None and (credential.bearer or "").count(".") == JWT_DOTS:
            return await self.tokens.principal_of(text)
        raise Unauthenticated("This credential isn't known here.")
