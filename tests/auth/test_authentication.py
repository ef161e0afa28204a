"""A credential is told to the one that knows it, and to nobody else."""

from datetime import timedelta
from typing import Any

import pytest

from handrail.auth.api_keys import ApiKey, ApiKeys, digest_of
from handrail.auth.authentication import Authentication
from handrail.auth.narrowed_tokens import NarrowedTokens
from handrail.auth.tickets import Tickets
from handrail.core.access.principals import AccessScope, Credential, Grant, Principal
from handrail.core.access.signed_links import Keyring
from handrail.core.errors import CredentialExpired, Unauthenticated, Unavailable
from tests.fakes import BEGIN, FakeClock

TOKEN = "a.b.c"


class FakeTokens:
    """Knows one token, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.error: Exception | None = None

    async def principal_of(self, text: str) -> Principal:
        self.asked.append(text)
        if self.error is not None:
            raise self.error
        return Principal("token", (Grant(AccessScope.READ),))


def keys(*texts: str) -> ApiKeys:
    listed = [ApiKey(name=t, sha256=digest_of(t).hex(), scopes=("read",)) for t in texts]
    return ApiKeys(listed, FakeClock())


async def named(authentication: Authentication, credential: Credential) -> str | None:
    found = await authentication.principal_of(credential)
    return found.name if found is not None else None


async def test_a_key_is_taken_from_either_header() -> None:
    authentication = Authentication(keys=keys("k"))
    for credential in (Credential(bearer="k"), Credential(key="k")):
        assert await named(authentication, credential) == "k"


async def test_a_token_is_taken_as_bearer_alone() -> None:
    tokens = FakeTokens()
    authentication = Authentication(tokens=tokens)
    assert await named(authentication, Credential(bearer=TOKEN)) == "token"
    with pytest.raises(Unauthenticated):
        await authentication.principal_of(Credential(key=TOKEN))
    assert tokens.asked == [TOKEN]


async def test_keys_go_first_and_what_looks_like_no_token_isnt_asked_about() -> None:
    tokens = FakeTokens()
    authentication = Authentication(keys=keys("x.y.z"), tokens=tokens)
    assert await named(authentication, Credential(bearer="x.y.z")) == "x.y.z"
    with pytest.raises(Unauthenticated):
        await authentication.principal_of(Credential(bearer="no-token"))
    assert tokens.asked == []


@pytest.mark.parametrize(
    "credential",
    [Credential(), Credential(bearer=""), Credential(bearer=TOKEN), Credential("", "")],
)
async def test_no_or_unknown_credentials_are_refused(credential: Credential) -> None:
    with pytest.raises(Unauthenticated):
        await Authentication(keys=keys("k")).principal_of(credential)


@pytest.mark.parametrize("error", [CredentialExpired("Old."), Unavailable("Down.")])
async def test_why_a_token_isnt_taken_is_passed_on(error: Exception) -> None:
    tokens = FakeTokens()
    tokens.error = error
    with pytest.raises(type(error)):
        await Authentication(tokens=tokens).principal_of(Credential(bearer=TOKEN))


async def test_where_no_way_is_switched_on_nobody_is_asked() -> None:
    authentication = Authentication()
    assert not authentication.asks
    for credential in (Credential(), Credential(bearer=TOKEN), Credential(key="k")):
        assert await authentication.principal_of(credential) is None


WHO = Principal("who", (Grant(AccessScope.READ),), (), BEGIN + timedelta(hours=1), ("order:1",))


def ours(clock: FakeClock, **ways: Any) -> Authentication:
    narrowed = NarrowedTokens(Keyring.parse(f"k:{'x' * 32}"), clock)
    return Authentication(narrowed=narrowed, tickets=Tickets(clock), **ways)


@pytest.mark.parametrize("asks", [True, False])
async def test_our_tokens_and_tickets_are_known_whether_or_not_callers_are_asked(
    *, asks: bool
) -> None:
    clock = FakeClock()
    authentication = ours(clock, **({"keys": keys("k")} if asks else {}))
    assert authentication.asks is asks
    assert authentication.narrowed is not None
    assert authentication.tickets is not None
    token, ticket = authentication.narrowed.issue(WHO), await authentication.tickets.issue(WHO)
    for credential in (
        Credential(bearer=token),
        Credential(token=token),
        Credential(ticket=ticket.text),
    ):
        assert await authentication.principal_of(credential) == WHO
    for credential in (Credential(bearer=f"{token}x"), Credential(ticket=ticket.text)):
        with pytest.raises(Unauthenticated):
            await authentication.principal_of(credential)
    await clock.advance(3600)
    for credential in (Credential(bearer=token), Credential(token=token)):
        with pytest.raises(CredentialExpired):
            await authentication.principal_of(credential)


async def test_neither_key_nor_issuers_token_is_taken_from_an_address() -> None:
    tokens = FakeTokens()
    authentication = ours(FakeClock(), keys=keys("k"), tokens=tokens)
    for text in ("k", TOKEN, ""):
        with pytest.raises(Unauthenticated):
            await authentication.principal_of(Credential(token=text))
    assert tokens.asked == []


def test_a_credential_doesnt_show_itself() -> None:
    assert "hr_" not in f"{Credential(bearer='hr_secret')} {Credential(key='hr_secret')!r}"
