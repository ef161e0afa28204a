"""Where pages have their readers sign in: the issuer's addresses, asked for once in a while."""

from collections.abc import Mapping
from typing import Any

import pytest

from handrail.auth.setup import sign_in_rules
from handrail.auth.sign_in import AGAIN_S, REFRESH_S, SignIn, SignInRules, endpoints_in
from handrail.core.errors import SettingsError, Unavailable
from handrail.core.models import Json
from handrail.settings import Settings
from tests.fakes import FakeClock

ISSUER = "https://login.example/realms/shop"
FOUND: dict[str, Json] = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://login.example/authorize",
    "token_endpoint": "https://tokens.example/token",
}
JWT: dict[str, Any] = {"auth": "jwt", "jwt_issuer": ISSUER, "jwt_audience": "handrail"}


class FakeDiscovery:
    def __init__(self) -> None:
        self.found: Mapping[str, Json] | None = FOUND
        self.asked = 0

    async def discovery(self) -> Mapping[str, Json]:
        self.asked += 1
        if self.found is None:
            raise Unavailable("The issuer can't be asked.")
        return self.found


async def test_the_issuer_is_asked_once_in_a_while_and_believed_while_it_is_away() -> None:
    clock, discovery = FakeClock(), FakeDiscovery()
    sign_in = SignIn(SignInRules(ISSUER, "page", "openid email", "api"), discovery, clock)
    first = await sign_in.document()
    assert first == {
        "issuer": ISSUER,
        "client_id": "page",
        "scopes": "openid email",
        "audience": "api",
        "authorization_endpoint": "https://login.example/authorize",
        "token_endpoint": "https://tokens.example/token",
        "end_session_endpoint": None,
    }
    assert await sign_in.document() == first
    assert discovery.asked == 1
    discovery.found = None
    await clock.advance(REFRESH_S)
    assert await sign_in.document() == first
    assert await sign_in.document() == first
    assert discovery.asked == 2
    discovery.found = {**FOUND, "end_session_endpoint": "https://login.example/logout"}
    await clock.advance(AGAIN_S)
    assert (await sign_in.document())["end_session_endpoint"] == "https://login.example/logout"


async def test_while_nobody_knows_the_addresses_the_page_is_told_so() -> None:
    discovery = FakeDiscovery()
    discovery.found = None
    document = await SignIn(SignInRules(ISSUER, "page"), discovery, FakeClock()).document()
    assert document["issuer"] == ISSUER
    assert document["authorization_endpoint"] is None
    assert document["token_endpoint"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"token_endpoint": None},
        {"authorization_endpoint": None},
        {"token_endpoint": "http://tokens.example/token"},
        {"token_endpoint": "https://a;script-src *"},
        {"token_endpoint": "https://user@tokens.example/"},
        {"token_endpoint": "https://tokens.example/\u00e4"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": ["https://login.example/logout"]},
    ],
)
def test_an_address_that_could_not_be_trusted_is_not_taken(wrong: dict[str, Json]) -> None:
    with pytest.raises(Unavailable):
        endpoints_in({**FOUND, **wrong}, ISSUER)


def test_on_this_machine_an_issuer_may_do_without_https() -> None:
    found = {name: str(url).replace("https:", "http:") for name, url in FOUND.items()}
    assert endpoints_in(found, "http://login.example").token == "http://tokens.example/token"
    assert endpoints_in({**FOUND, "token_endpoint": "https://[::1]:8/t"}, ISSUER).token


def test_nobody_signs_in_at_the_issuer_unless_the_page_is_a_client_of_it() -> None:
    assert sign_in_rules(Settings(**JWT)) is None
    rules = sign_in_rules(Settings(**JWT, sign_in_client_id="page"))
    assert rules == SignInRules(ISSUER, "page", "openid", None)


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({**JWT, "sign_in_scopes": "openid email"}, "HANDRAIL_SIGN_IN_SCOPES"),
        ({**JWT, "sign_in_audience": "api"}, "HANDRAIL_SIGN_IN_AUDIENCE"),
        ({"auth": "api-key", "sign_in_client_id": "page"}, "HANDRAIL_AUTH"),
        ({"sign_in_client_id": "page"}, "HANDRAIL_AUTH"),
        ({**JWT, "sign_in_client_id": "page", "jwt_issuer": "shop"}, "HANDRAIL_JWT_ISSUER"),
    ],
)
def test_half_of_it_is_refused(settings: dict[str, Any], variable: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        sign_in_rules(Settings(**settings))
