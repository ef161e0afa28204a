"""A credential is told to the one that knows it, and to nobody else."""

import pytest

from service.auth.api_keys import ApiKey, ApiKeys, digest_of
from service.auth.authentication import Authentication
from service.core.access.principals import AccessScope, Credential, Grant, Principal
from service.core.errors import CredentialExpired, Unauthenticated, Unavailable
from tests.fakes import FakeClock

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


async def test_a_key_is_taken_from_either_header() -> None:
    authentication = Authentication(keys=keys("k"))
    for credential in (Credential(bearer="k"), Credential(key="k")):
        assert (await authentication.principal_of(credential)).name == "k"


async def test_a_token_is_taken_as_bearer_alone() -> None:
    tokens = FakeTokens()
    authentication = Authentication(tokens=tokens)
    assert (await authentication.principal_of(Credential(bearer=TOKEN))).name == "token"
    with pytest.raises(Unauthenticated):
        await authentication.principal_of(Credential(key=TOKEN))
    assert tokens.asked == [TOKEN]


async def test_keys_go_first_and_what_looks_like_no_token_isnt_asked_about() -> None:
    tokens = FakeTokens()
    authentication = Authentication(keys=keys("x.y.z"), tokens=tokens)
    assert (await authentication.principal_of(Credential(bearer="x.y.z"))).name == "x.y.z"
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
    with pytest.raises(Unauthenticated):
        await Authentication().principal_of(credential)


@pytest.mark.parametrize("error", [CredentialExpired("Old."), Unavailable("Down.")])
async def test_why_a_token_isnt_taken_is_passed_on(error: Exception) -> None:
    tokens = FakeTokens()
    tokens.error = error
    with pytest.raises(type(error)):
        await Authentication(tokens=tokens).principal_of(Credential(bearer=TOKEN))


def test_a_credential_doesnt_show_itself() -> None:
    assert "hr_" not in f"{Credential(bearer='hr_secret')} {Credential(key='hr_secret')!r}"
