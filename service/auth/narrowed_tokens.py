"""Makes and reads tokens that open no more than they name: a credential for one browser. All is in
the token, and a link key signs it, so that it is good at any replica and none keeps it."""

from dataclasses import dataclass

from pydantic_core import from_json, to_json

from handrail.clock import Clock
from handrail.core.access.principal_documents import principal_document, principal_in
from handrail.core.access.principals import Principal
from handrail.core.access.signed_links import Keyring
from handrail.core.errors import (
    CredentialExpired,
    InvalidRequest,
    TokensUnavailable,
    Unauthenticated,
)

PREFIX = "hrt_"  # known for a token where it shouldn't be, by people and by secret scanners
PURPOSE = b"handrail token 1\n"
LONGEST = 6_144  # proxies and gateways take addresses and headers of 8 KiB and more


@dataclass(frozen=True, slots=True, repr=False)
class NarrowedTokens:
    keys: Keyring
    clock: Clock

    def check_available(self) -> None:
        """Raises TokensUnavailable where there is no key to sign with."""
        if not self.keys:
            raise TokensUnavailable("Tokens for browsers need a key: set HANDRAIL_LINK_KEYS.")

    def issue(self, principal: Principal) -> str:
        """A token for this principal, which should end some time. Raises TokensUnavailable, and
        InvalidRequest where it would be too long for an address."""
        self.check_available()
        content = to_json(principal_document(principal)).decode()
        text = PREFIX + self.keys.seal(PURPOSE, content)
        if len(text) > LONGEST:
            named = f"names too much: it would have {len(text):,} characters, at most {LONGEST:,}"
            raise InvalidRequest(f"This token {named}.")
        return text

    def principal_of(self, text: str) -> Principal:
        """Whoever it was made for. Raises Unauthenticated, CredentialExpired."""
        try:
            if len(text) > LONGEST or not text.startswith(PREFIX):
                raise ValueError
            content = self.keys.unseal(PURPOSE, text.removeprefix(PREFIX))
            principal = principal_in(from_json(content))
        except (ValueError, KeyError, TypeError):
            raise Unauthenticated("This token isn't known here.") from None
        if principal.expired(self.clock.now()):
            raise CredentialExpired("This token has expired.")
        return principal
