"""Settings that don't do are refused at the start, in one line."""

from pathlib import Path
from typing import Any

import pytest

from handrail.auth.api_keys import digest_of
from handrail.auth.authentication import Authentication
from handrail.auth.setup import bound_to, jwt_rules, open_authentication, refuse_exposure
from handrail.core.access.origins import is_loopback
from handrail.core.access.principals import Credential
from handrail.core.errors import SettingsError
from handrail.settings import Settings
from tests.fakes import FakeClock
from tests.usecases.issuer import AUDIENCE, ISSUER

KEY = f'{{"name": "ci", "sha256": "{digest_of("k").hex()}", "scopes": ["read"]}}'
JWT: dict[str, Any] = {"auth": "jwt", "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}


async def opened(**settings: Any) -> Authentication:
    async with open_authentication(Settings(**settings), FakeClock()) as authentication:
        return authentication


async def test_none_is_nobody_asked() -> None:
    assert not (await opened()).asks
    assert not (await opened(api_keys=KEY)).asks


@pytest.mark.parametrize("auth", ["api-key", "api-key,jwt", " jwt , api-key "])
async def test_keys_are_known_where_they_are_switched_on(auth: str) -> None:
    authentication = await opened(**{**JWT, "auth": auth}, api_keys=KEY)
    found = await authentication.principal_of(Credential(bearer="k"))
    assert found is not None
    assert found.name == "ci"


async def test_keys_come_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(KEY)
    authentication = await opened(auth="api-key", api_keys_file=file)
    found = await authentication.principal_of(Credential(key="k"))
    assert found is not None
    assert found.name == "ci"


async def test_tokens_alone_need_no_keys() -> None:
    assert (await opened(**JWT)).asks


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"auth": "api-key"}, "HANDRAIL_API_KEYS"),
        ({"auth": "api-key", "api_keys": "hr_secret"}, "HANDRAIL_API_KEYS"),
        ({"auth": "api-key", "api_keys": f"[{KEY},{KEY}]"}, "HANDRAIL_API_KEYS"),
        ({"auth": "api-key", "api_keys_file": "/nowhere"}, "HANDRAIL_API_KEYS_FILE"),
        ({"auth": "jwt"}, "HANDRAIL_JWT_ISSUER"),
        ({"auth": "jwt", "jwt_issuer": ISSUER}, "HANDRAIL_JWT_AUDIENCE"),
        ({**JWT, "jwt_issuer": "me"}, "HANDRAIL_JWT_JWKS_URL"),
        ({**JWT, "jwt_algorithms": "none"}, "HANDRAIL_JWT_ALGORITHMS"),
        ({**JWT, "jwt_algorithms": "RS256,HS256"}, "HANDRAIL_JWT_ALGORITHMS"),
        ({**JWT, "jwt_secret": "short"}, "HANDRAIL_JWT_SECRET"),
    ],
)
async def test_what_cant_be_used_is_named(settings: dict[str, Any], variable: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable}: ") as caught:
        await opened(**settings)
    assert "hr_secret" not in str(caught.value)


@pytest.mark.parametrize("auth", ["", "basic", "none,jwt", "API-KEY"])
def test_there_are_three_ways_and_none_goes_alone(
    monkeypatch: pytest.MonkeyPatch, auth: str
) -> None:
    monkeypatch.setenv("HANDRAIL_AUTH", auth)
    with pytest.raises(SettingsError, match=r"^HANDRAIL_AUTH: "):
        Settings.read()


@pytest.mark.parametrize(
    ("settings", "algorithms"),
    [
        ({}, ("RS256", "ES256")),
        ({"jwt_secret": "x" * 32}, ("HS256",)),
        ({"jwt_secret": "x" * 32, "jwt_algorithms": "RS256, HS512"}, ("RS256", "HS512")),
    ],
)
def test_algorithms_are_pinned(settings: dict[str, str], algorithms: tuple[str, ...]) -> None:
    assert jwt_rules(Settings(**{**JWT, **settings})).algorithms == algorithms


def test_secrets_dont_show_in_the_settings() -> None:
    settings = Settings(jwt_secret="hr_secret", api_keys="hr_secret")
    assert "hr_secret" not in repr(settings)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.1", "example.com"])  # noqa: S104
def test_none_isnt_served_beyond_loopback_unless_it_is_said_twice(host: str) -> None:
    with pytest.raises(SettingsError, match=r"^HANDRAIL_AUTH: "):
        refuse_exposure(Settings(), host)
    refuse_exposure(Settings(allow_unauthenticated=True), host)
    refuse_exposure(Settings(auth="api-key"), host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.1", "example.com"])  # noqa: S104
def test_beyond_loopback_signed_links_need_the_public_url(host: str) -> None:
    signing: dict[str, Any] = {"auth": "api-key", "link_keys": f"k1:{'s' * 32}"}
    with pytest.raises(
        SettingsError, match=r"^HANDRAIL_PUBLIC_URL: .*HANDRAIL_LINK_KEYS"
    ) as raised:
        refuse_exposure(Settings(**signing), host)
    assert "s" * 32 not in str(raised.value)
    with pytest.raises(SettingsError, match=r"^HANDRAIL_PUBLIC_URL: "):
        refuse_exposure(Settings(**{**signing, "auth": "none"}, allow_unauthenticated=True), host)
    refuse_exposure(Settings(**signing, public_url="https://h.example"), host)
    refuse_exposure(Settings(**signing), "127.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_none_is_fine_on_loopback(host: str) -> None:
    assert is_loopback(host)
    refuse_exposure(Settings(), host)


@pytest.mark.parametrize(
    ("host", "said", "public"),
    [
        ("127.0.0.1", None, True),
        ("0.0.0.0", None, False),  # noqa: S104
        ("127.0.0.1", False, False),
        ("0.0.0.0", True, True),  # noqa: S104
    ],
)
def test_metrics_are_public_on_loopback_unless_said(
    host: str, *, said: bool | None, public: bool
) -> None:
    assert bound_to(Settings(metrics_public=said), host).metrics_public is public
