"""Tokens as Amazon Cognito, Microsoft Entra ID, Auth0 and Keycloak write them, with the settings
that docs/security.md gives for each, by discovery and keys over HTTP."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import web
from joserfc import jwt

from handrail.auth.issuer_keys_http import DISCOVERY
from handrail.auth.setup import open_authentication
from handrail.core.access.principals import Credential, Principal
from handrail.core.errors import Unauthenticated, Unavailable
from handrail.settings import Settings
from tests.fakes import FakeClock
from tests.usecases.issuer import NOW, key_set, rsa_key

KEY = rsa_key("sig-1", use="sig", x5t="sig-1")
ENCRYPTS = rsa_key("enc-1", use="enc", alg="RSA-OAEP")
TENANT, APP = "72f988bf-86f1-41af-91ab-2d7cd011db47", "6e74172b-be56-4843-9ff4-e66a39bb12e3"
POOL, CLIENT = "eu-west-1_aB3dE5fG7", "1h57kf5cpq17m0eml12example"
TIMES = {"iat": NOW - 60, "exp": NOW + 3540}
Claims = dict[str, Any]

COGNITO_ACCESS: Claims = {
    "sub": "a2f5b454-0041-70a8-3b2e-1f0d0b3f2a11",
    "cognito:groups": ["read", "start:order-*", "eu-west-1_aB3dE5fG7_Google"],
    "version": 2,
    "client_id": CLIENT,
    "origin_jti": "2a5ae5f8-2f8a-4e3b-9a3e-0f2b7b1f5f2e",
    "event_id": "64f513be-32db-42b0-b78e-b02127b4f463",
    "token_use": "access",
    "scope": "aws.cognito.signin.user.admin openid handrail/read handrail/operate",
    "auth_time": NOW - 60,
    "jti": "bec1c03f-1f6b-4d4c-8b0d-6c0b2a3ee1a5",
    "username": "ada",
}
COGNITO_ID: Claims = {
    "at_hash": "n9Qk0b1n8i2f3m4p5q6r7w",
    "sub": "a2f5b454-0041-70a8-3b2e-1f0d0b3f2a11",
    "cognito:groups": ["read", "start:order-*"],
    "email_verified": True,
    "cognito:preferred_role": "arn:aws:iam::111122223333:role/reader",
    "cognito:username": "ada",
    "cognito:roles": ["arn:aws:iam::111122223333:role/reader"],
    "aud": CLIENT,
    "event_id": "64f513be-32db-42b0-b78e-b02127b4f463",
    "token_use": "id",
    "auth_time": NOW - 60,
    "jti": "1b6c5f0e-64a4-4b3b-8f3e-1a6b1d0a9b1f",
    "email": "ada@example.com",
}
ENTRA: Claims = {
    "nbf": NOW - 60,
    "aio": "AXQAi/8IAAAAtAaZLo3ChMif6KOnttRB7eBq4/DccQzjcJGxPYy/C3jDaNGxXd6wNIIVGRghNRnw",
    "name": "Ada Lovelace",
    "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
    "rh": "0.AXEAv4jj",
    "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
    "tid": TENANT,
    "uti": "fqiBqXLPj0eQa82S-IYFAA",
}
ENTRA_2: Claims = {
    **ENTRA,
    "aud": APP,
    "azp": "15cb020f-3984-482a-864d-1d92265e8268",
    "azpacr": "0",
    "preferred_username": "ada@example.com",
    "scp": "access_as_user read",
    "roles": ["read", "operate"],
    "ver": "2.0",
}
ENTRA_1: Claims = {
    **ENTRA,
    "aud": f"api://{APP}",
    "acr": "1",
    "amr": ["pwd"],
    "appid": "15cb020f-3984-482a-864d-1d92265e8268",
    "appidacr": "0",
    "ipaddr": "192.0.2.7",
    "scp": "read start user_impersonation",
    "unique_name": "ada@example.com",
    "ver": "1.0",
}
ENTRA_APPLICATION: Claims = {
    "aud": APP,
    "azp": "15cb020f-3984-482a-864d-1d92265e8268",
    "azpacr": "1",
    "idtyp": "app",
    "nbf": NOW - 60,
    "oid": "0b8c5a0e-0d6c-4a4b-8f0e-0b8c5a0e0d6c",
    "roles": ["start"],
    "sub": "0b8c5a0e-0d6c-4a4b-8f0e-0b8c5a0e0d6c",
    "tid": TENANT,
    "ver": "2.0",
}
AUTH0: Claims = {
    "sub": "auth0|123456",
    "aud": ["https://handrail.example/", "https://my-domain.eu.auth0.com/userinfo"],
    "azp": "my_client_id",
    "scope": "openid profile email read start operate complete",
    "permissions": ["read", "start:order-*"],
}
AUTH0_RFC9068: Claims = {
    **{name: AUTH0[name] for name in ("sub", "aud", "scope", "permissions")},
    "client_id": "my_client_id",
    "jti": "73WakrfVbNJBaAmhQtEeDv",
}
KEYCLOAK: Claims = {
    "auth_time": NOW - 90,
    "jti": "onrtac:0e1c7c9b-5a2e-4f63-9d5e-6c2f1b8f6a55",
    "aud": ["handrail", "account"],
    "sub": "f1c4f64e-2c0c-4cda-8c9f-9f3f8f3a2b0e",
    "typ": "Bearer",
    "azp": "shop-web",
    "sid": "4c0a3a8a-3a47-4f2f-8e89-9e5f9b0a0a0a",
    "acr": "1",
    "allowed-origins": ["https://shop.example"],
    "realm_access": {"roles": ["default-roles-shop", "offline_access", "operate"]},
    "resource_access": {
        "handrail": {"roles": ["read", "start:order-*"]},
        "shop.web": {"roles": ["complete"]},
        "account": {"roles": ["manage-account", "view-profile"]},
    },
    "scope": "openid profile email",
    "email_verified": True,
    "preferred_username": "ada",
}


@pytest.fixture
async def root() -> AsyncIterator[str]:
    """An address under which every path is an issuer's, with or without a slash at its end."""

    async def answer(request: web.Request) -> web.Response:
        path = request.path.removesuffix(DISCOVERY)
        if path == "/keys":
            shown = KEY.as_dict(private=False, x5c=["MIIC"], issuer="{tenantid}")
            return web.Response(body=key_set(ENCRYPTS, extra=[shown]))
        slash = "" if path else "/"  # as Auth0's
        return web.json_response({"issuer": f"{url}{path}{slash}", "jwks_uri": f"{url}/keys"})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield url
    await runner.cleanup()


async def signed_in(
    issuer: str, claims: Mapping[str, Any], *, typ: str = "JWT", **settings: Any
) -> Principal:
    head = {"alg": "RS256", "typ": typ, "kid": "sig-1", "x5t": "sig-1"}
    whole = {"iss": issuer, **TIMES, **claims}
    token = jwt.encode(head, {n: v for n, v in whole.items() if v is not None}, KEY)
    chosen = Settings(auth="jwt", jwt_issuer=issuer, **settings)
    async with open_authentication(chosen, FakeClock()) as authentication:
        found = await authentication.principal_of(Credential(bearer=token))
    assert found is not None
    return found


def scopes(who: Principal) -> set[str]:
    return {str(grant) for grant in who.grants}


@pytest.mark.parametrize("claims", [COGNITO_ACCESS, COGNITO_ID], ids=["access", "id"])
async def test_cognito_by_groups(root: str, claims: Claims) -> None:
    settings = {"jwt_audience": CLIENT, "jwt_scopes_claim": "cognito:groups"}
    who = await signed_in(f"{root}/{POOL}", claims, **settings)
    assert who.name == claims["sub"]
    assert scopes(who) == {"read", "start:order-*"}


async def test_cognito_by_a_resource_servers_scopes(root: str) -> None:
    settings = {"jwt_audience": CLIENT, "jwt_scope_prefix": "handrail/"}
    who = await signed_in(f"{root}/{POOL}", COGNITO_ACCESS, **settings)
    assert scopes(who) == {"read", "operate"}


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another"},
        {"client_id": None},
        {"client_id": [CLIENT]},
        {"client_id": "another", "azp": CLIENT},
        {"aud": "https://other.example"},
        {"aud": ""},
        {"aud": []},
    ],
)
async def test_cognito_for_another_application_or_api(root: str, changed: Claims) -> None:
    settings = {"jwt_audience": CLIENT, "jwt_scopes_claim": "cognito:groups"}
    with pytest.raises(Unauthenticated):
        await signed_in(f"{root}/{POOL}", {**COGNITO_ACCESS, **changed}, **settings)


async def test_cognito_bound_to_a_resource(root: str) -> None:
    """RFC 8707: asked for with `resource=`, the access token has an audience."""
    bound = {**COGNITO_ACCESS, "aud": "https://handrail.example"}
    settings = {"jwt_audience": "https://handrail.example", "jwt_scopes_claim": "cognito:groups"}
    assert scopes(await signed_in(f"{root}/{POOL}", bound, **settings)) == {"read", "start:order-*"}
    with pytest.raises(Unauthenticated):
        await signed_in(f"{root}/{POOL}", bound, jwt_audience=CLIENT)


@pytest.mark.parametrize(
    ("claims", "claim", "found"),
    [
        (ENTRA_2, "", {"read"}),
        (ENTRA_2, "roles", {"read", "operate"}),
        (ENTRA_2, "scp, roles", {"read", "operate"}),
        (ENTRA_APPLICATION, "scp,roles", {"start"}),
        (ENTRA_APPLICATION, "", set()),
    ],
)
async def test_entra_version_2(root: str, claims: Claims, claim: str, found: set[str]) -> None:
    settings = {"jwt_audience": APP, "jwt_scopes_claim": claim}
    who = await signed_in(f"{root}/{TENANT}/v2.0", claims, **settings)
    assert (who.name, scopes(who)) == (claims["sub"], found)


async def test_entra_version_1(root: str) -> None:
    settings = {"jwt_audience": f"{APP},api://{APP}", "jwt_jwks_url": f"{root}/keys"}
    who = await signed_in(f"https://sts.windows.net/{TENANT}/", ENTRA_1, **settings)
    assert scopes(who) == {"read", "start"}


@pytest.mark.parametrize(
    "claims",
    [
        {**ENTRA_2, "aud": "00000003-0000-0000-c000-000000000000", "azp": APP},
        {**ENTRA_1, "aud": "https://graph.microsoft.com", "appid": APP},
        {**ENTRA_1, "aud": None, "appid": APP},
    ],
)
async def test_entra_for_another_api(root: str, claims: Claims) -> None:
    with pytest.raises(Unauthenticated):
        await signed_in(f"{root}/{TENANT}/v2.0", claims, jwt_audience=APP)


async def test_entra_of_another_tenant(root: str) -> None:
    other = {**ENTRA_2, "iss": f"{root}/another-tenant/v2.0"}
    with pytest.raises(Unauthenticated):
        await signed_in(f"{root}/{TENANT}/v2.0", other, jwt_audience=APP)


@pytest.mark.parametrize(("claims", "typ"), [(AUTH0, "JWT"), (AUTH0_RFC9068, "at+jwt")])
async def test_auth0_by_permissions(root: str, claims: Claims, typ: str) -> None:
    settings = {"jwt_audience": "https://handrail.example/", "jwt_scopes_claim": "permissions"}
    who = await signed_in(f"{root}/", claims, typ=typ, **settings)
    assert who.name == "auth0|123456"
    assert scopes(who) == {"read", "start:order-*"}, "not what the application merely asked for"


async def test_auth0_for_userinfo_alone(root: str) -> None:
    only = {**AUTH0, "aud": "https://my-domain.eu.auth0.com/userinfo", "azp": "handrail"}
    with pytest.raises(Unauthenticated):
        await signed_in(f"{root}/", only, jwt_audience="https://handrail.example/,handrail")


async def test_an_issuer_is_written_with_its_slash(root: str) -> None:
    """OpenID Connect Discovery 1.0, 4.3: exactly as its tokens have it."""
    with pytest.raises(Unavailable):
        await signed_in(root, AUTH0, jwt_audience="https://handrail.example/")


async def test_a_claims_own_name_may_have_dots(root: str) -> None:
    named = {**AUTH0, "https://shop.example/roles": ["operate"]}
    settings = {"jwt_audience": "https://handrail.example/"}
    claim = "https://shop.example/roles"
    who = await signed_in(f"{root}/", named, jwt_scopes_claim=claim, **settings)
    assert scopes(who) == {"operate"}


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        ("resource_access.handrail.roles", {"read", "start:order-*"}),
        ("realm_access.roles", {"operate"}),
        ("resource_access.shop.web.roles", {"complete"}),
        ("realm_access.roles,resource_access.handrail.roles", {"operate", "read", "start:order-*"}),
        ("resource_access.nobody.roles", set()),
        ("realm_access", set()),
        ("sub.roles", set()),
        ("", set()),
    ],
)
async def test_keycloak_by_roles(root: str, claim: str, found: set[str]) -> None:
    settings = {"jwt_audience": "handrail", "jwt_scopes_claim": claim}
    who = await signed_in(f"{root}/realms/shop", KEYCLOAK, **settings)
    assert (who.name, scopes(who)) == (KEYCLOAK["sub"], found)


async def test_keycloak_by_client_scopes(root: str) -> None:
    token = {**KEYCLOAK, "scope": "openid handrail:read handrail:start:order-*"}
    settings = {"jwt_audience": "handrail", "jwt_scope_prefix": "handrail:"}
    who = await signed_in(f"{root}/realms/shop", token, **settings)
    assert scopes(who) == {"read", "start:order-*"}


@pytest.mark.parametrize("claim", ["resource_access.handrail.roles", "realm_access.roles"])
async def test_keycloak_for_its_own_account_page(root: str, claim: str) -> None:
    """What any client of the realm is given is for nobody else, whoever it was given to."""
    settings = {"jwt_audience": "handrail", "jwt_scopes_claim": claim}
    for azp in ("shop-web", "handrail"):
        with pytest.raises(Unauthenticated):
            await signed_in(
                f"{root}/realms/shop", {**KEYCLOAK, "aud": "account", "azp": azp}, **settings
            )


@pytest.mark.parametrize(("azp", "known"), [("handrail", True), ("shop-web", False)])
async def test_keycloak_without_any_audience(root: str, azp: str, *, known: bool) -> None:
    """Where no mapper finds one Keycloak leaves it out."""
    bare = {**KEYCLOAK, "aud": None, "azp": azp, "sub": None}
    settings = {"jwt_audience": "handrail", "jwt_scopes_claim": "realm_access.roles"}
    if known:
        who = await signed_in(f"{root}/realms/shop", bare, **settings)
        assert (who.name, scopes(who)) == ("handrail", {"operate"})
        return
    with pytest.raises(Unauthenticated):
        await signed_in(f"{root}/realms/shop", bare, **settings)


async def test_a_claim_may_be_a_text_with_blanks(root: str) -> None:
    settings = {"jwt_audience": "handrail", "jwt_scopes_claim": "roles"}
    who = await signed_in(f"{root}/realms/shop", {**KEYCLOAK, "roles": "read start"}, **settings)
    assert scopes(who) == {"read", "start"}


async def test_machines_may_be_nested_too(root: str) -> None:
    token = {**KEYCLOAK, "handrail": {"machines": ["order-*"]}}
    settings = {"jwt_audience": "handrail", "jwt_machines_claim": "handrail.machines"}
    assert (await signed_in(f"{root}/realms/shop", token, **settings)).machines == ("order-*",)
