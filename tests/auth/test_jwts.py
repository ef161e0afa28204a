"""Tokens: only the issuer's, only for this service, only by the algorithms that are pinned."""

import base64
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import Key, OctKey

from handrail.auth.issuer_keys import SigningKeys
from handrail.auth.jwts import JwtRules, Jwts
from handrail.core.access.principals import AccessScope, Grant, Principal
from handrail.core.errors import CredentialExpired, Unauthenticated
from tests.fakes import FakeClock
from tests.usecases.issuer import (
    AUDIENCE,
    ISSUER,
    NOW,
    FakeKeyDocuments,
    claims,
    ec_key,
    key_set,
    okp_key,
    rsa_key,
    token,
)

KEY, OTHER, EC, ED = rsa_key(), rsa_key("other"), ec_key(), okp_key()
SECRET = b"a secret of more than thirty-two bytes"
RULES = JwtRules(ISSUER, (AUDIENCE,), ("RS256", "PS256", "ES256", "Ed25519"), leeway_s=30)
BOTH = replace(RULES, algorithms=("RS256", "HS256"))


def jwts(rules: JwtRules = RULES, *, secret: bytes | None = None) -> Jwts:
    clock = FakeClock()
    keys = SigningKeys(FakeKeyDocuments(key_set(KEY, EC, ED)), clock)
    return Jwts(rules, keys, secret, clock)


async def principal_of(text: str, rules: JwtRules = RULES, **options: Any) -> Principal:
    return await jwts(rules, **options).principal_of(text)


def joined(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"x") -> str:
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize(
    ("key", "alg"), [(KEY, "RS256"), (KEY, "PS256"), (EC, "ES256"), (ED, "Ed25519")]
)
async def test_a_token_tells_its_principal(key: Key, alg: str) -> None:
    found = await principal_of(token(key, alg=alg, scope="read start:order-* openid"))
    assert found.name == "ada"
    assert found.grants == (Grant(AccessScope.READ), Grant(AccessScope.START, "order-*"))
    assert found.machines == ("*",)
    assert found.expires_at == datetime.fromtimestamp(NOW + 330, UTC)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"aud": {"handrail": 1}},
        {"exp": None},
        {"exp": str(NOW + 300)},
        {"exp": True},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": 1e300},
        {"exp": (NOW + 300) * 1000_000},
        {"nbf": NOW + 31},
        {"iat": NOW + 31},
    ],
)
async def test_a_token_that_isnt_for_here_and_now_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated) as caught:
        await principal_of(token(KEY, **changed))
    assert not isinstance(caught.value, CredentialExpired)


async def test_an_audience_among_several_does() -> None:
    assert (await principal_of(token(KEY, aud=["another", AUDIENCE]))).name == "ada"
    assert (
        await principal_of(token(KEY, aud="second"), replace(RULES, audiences=("1", "second")))
    ).name == "ada"


async def test_a_token_expires_after_the_leeway() -> None:
    assert (await principal_of(token(KEY, exp=NOW - 29))).name == "ada"
    with pytest.raises(CredentialExpired):
        await principal_of(token(KEY, exp=NOW - 30))


async def test_an_expired_token_of_somebody_else_is_just_unknown() -> None:
    with pytest.raises(Unauthenticated) as caught:
        await principal_of(token(OTHER, header={"kid": "rsa-1"}, exp=NOW - 1000))
    assert not isinstance(caught.value, CredentialExpired)


async def test_another_keys_signature_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        await principal_of(token(OTHER, header={"kid": "rsa-1"}))
    with pytest.raises(Unauthenticated):
        await principal_of(token(OTHER))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, 7, ["RS256"]])
async def test_a_token_without_a_signature_is_refused(alg: Any) -> None:
    for signature in (b"", b"x"):
        with pytest.raises(Unauthenticated):
            await principal_of(joined({"alg": alg, "kid": "rsa-1"}, claims(), signature))


async def test_an_algorithm_that_isnt_pinned_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        await principal_of(token(KEY, alg="RS512"))
    with pytest.raises(Unauthenticated):
        await principal_of(token(KEY), replace(RULES, algorithms=("ES256",)))


@pytest.mark.parametrize("rules", [RULES, BOTH], ids=["asymmetric", "both"])
@pytest.mark.parametrize("secret", [None, SECRET], ids=["no secret", "secret"])
async def test_a_public_key_is_never_a_secret(rules: JwtRules, secret: bytes | None) -> None:
    """RFC 8725, section 2.1: a token signed with the text of the public key."""
    pem = KEY.as_pem(private=False)
    for text in (pem, pem.strip(), str(KEY.as_dict(private=False)["n"]).encode()):
        for header in ({"alg": "HS256", "kid": "rsa-1"}, {"alg": "HS256"}):
            signed = joined(header, claims()).rpartition(".")[0]
            forged = hmac.digest(text, signed.encode(), "sha256")
            with pytest.raises(Unauthenticated):
                await principal_of(joined(header, claims(), forged), rules, secret=secret)


async def test_a_secret_signs_where_it_is_configured_and_pinned() -> None:
    signed = token(OctKey.import_key(SECRET), alg="HS256")
    assert (await principal_of(signed, BOTH, secret=SECRET)).name == "ada"
    assert (await principal_of(token(KEY), BOTH, secret=SECRET)).name == "ada"
    with pytest.raises(Unauthenticated):
        await principal_of(signed, RULES, secret=SECRET)
    with pytest.raises(Unauthenticated):
        await principal_of(signed, BOTH, secret=SECRET + b"!")


async def test_keys_that_a_token_brings_along_are_not_looked_at() -> None:
    brought = {"jwk": OTHER.as_dict(private=False), "jku": "https://evil.example/keys"}
    with pytest.raises(Unauthenticated):
        await principal_of(token(OTHER, header=brought))
    with pytest.raises(Unauthenticated):
        await principal_of(token(OTHER, header={**brought, "kid": "rsa-1"}))


async def test_a_header_that_must_be_understood_and_isnt_refuses() -> None:
    with pytest.raises(Unauthenticated):
        await principal_of(joined({"alg": "RS256", "crit": ["x"], "x": 1}, claims()))


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a.b.c", "e30.e30.e30", "é.é.é", "x" * 20_000, "a.b.c.d.e", "\x00.\x00.\x00"],
)
async def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(Unauthenticated):
        await principal_of(text)


async def test_a_header_nested_without_end_is_refused() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 5000).decode()
    with pytest.raises(Unauthenticated):
        await principal_of(f"{deep}.e30.eA")


async def test_a_header_may_say_more_than_it_must() -> None:
    assert (
        await principal_of(token(KEY, header={"nonce": "1", "x5c": ["A" * 2000]}))
    ).name == "ada"


@pytest.mark.parametrize(
    ("changed", "scopes"),
    [
        ({"scope": "read start"}, {"read", "start"}),
        ({"scope": None, "scp": "read"}, {"read"}),
        ({"scope": None, "scp": ["read", "operate"]}, {"read", "operate"}),
        ({"scope": "read", "scopes": ["complete"]}, {"read", "complete"}),
        ({"scope": None}, set()),
        ({"scope": {"read": True}}, set()),
        ({"scope": [["read"], 7]}, set()),
    ],
)
async def test_scopes_are_found_where_issuers_put_them(
    changed: dict[str, Any], scopes: set[str]
) -> None:
    found = await principal_of(token(KEY, **changed))
    assert {grant.scope.value for grant in found.grants} == scopes


async def test_a_prefix_is_asked_for_and_taken_off() -> None:
    rules = replace(RULES, scope_prefix="handrail:")
    found = await principal_of(token(KEY, scope="read handrail:start:a-* handrail:x"), rules)
    assert found.grants == (Grant(AccessScope.START, "a-*"),)


@pytest.mark.parametrize(
    ("claim", "machines"),
    [
        (["order-*", "price"], ("order-*", "price")),
        ("order-* price", ("order-*", "price")),
        ([], ()),
        (None, ()),
        (7, ()),
    ],
)
async def test_a_claim_limits_a_token_to_state_machines(
    claim: Any, machines: tuple[str, ...]
) -> None:
    rules = replace(RULES, machines_claim="https://handrail/machines")
    changed = {"https://handrail/machines": claim}
    assert (await principal_of(token(KEY, **changed), rules)).machines == machines


async def test_a_token_of_nobody_has_a_name_all_the_same() -> None:
    assert (await principal_of(token(KEY, sub=None, client_id="batch"))).name == "batch"
    assert (await principal_of(token(KEY, sub=None))).name == "unnamed"
    assert len((await principal_of(token(KEY, sub="x" * 1000))).name) == 128
