"""The issuer's keys: believed for a while, fetched behind the requests' backs, never in a flood."""

import asyncio
import json

import pytest

from handrail.auth.issuer_keys import SigningKeys, usable
from handrail.core.errors import Unauthenticated, Unavailable
from tests.fakes import FakeClock, run_until_idle
from tests.usecases.issuer import FakeKeyDocuments, ec_key, key_set, okp_key, rsa_key, short_rsa_key

OLD, NEW, EC = rsa_key("old"), rsa_key("new"), ec_key()


class Stage:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.issuer = FakeKeyDocuments(key_set(OLD, EC))
        self.keys = SigningKeys(self.issuer, self.clock)

    async def kid(self, kid: str | None, algorithm: str = "RS256") -> str:
        return str((await self.keys.find(kid, algorithm)).get("kid"))


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_the_first_token_waits_for_the_keys_and_the_next_doesnt(stage: Stage) -> None:
    assert await stage.kid("old") == "old"
    stage.issuer.open.clear()
    assert await stage.kid("old") == "old"
    assert await stage.kid("ec-1", "ES256") == "ec-1"
    assert stage.issuer.fetched == 1


async def test_those_who_come_together_share_one_fetch(stage: Stage) -> None:
    found = await asyncio.gather(*(stage.kid("old") for _ in range(50)))
    assert found == ["old"] * 50
    assert stage.issuer.fetched == 1


async def test_a_new_key_is_found_when_a_token_names_it(stage: Stage) -> None:
    await stage.kid("old")
    stage.issuer.document = key_set(NEW)
    await stage.clock.advance(10)
    assert await stage.kid("new") == "new"
    with pytest.raises(Unauthenticated):
        await stage.kid("old")


async def test_a_flood_of_made_up_kids_isnt_passed_on(stage: Stage) -> None:
    await stage.kid("old")
    for second in range(30):
        for number in range(20):
            with pytest.raises(Unauthenticated):
                await stage.kid(f"made-up-{second}-{number}")
        await stage.clock.advance(1)
    assert stage.issuer.fetched <= 1 + 3


async def test_known_keys_dont_wait_for_a_fetch_that_hangs(stage: Stage) -> None:
    await stage.kid("old")
    await stage.clock.advance(10)
    stage.issuer.open.clear()
    unknown = asyncio.create_task(stage.kid("made-up"))
    await run_until_idle()
    async with asyncio.timeout(1):
        assert await stage.kid("old") == "old"
    assert not unknown.done()
    stage.issuer.open.set()
    with pytest.raises(Unauthenticated):
        await unknown


async def test_old_keys_are_fetched_anew_while_they_are_used(stage: Stage) -> None:
    await stage.kid("old")
    await stage.clock.advance(300)
    stage.issuer.open.clear()
    stage.issuer.document = key_set(NEW)
    assert await stage.kid("old") == "old"
    stage.issuer.open.set()
    await run_until_idle()
    assert await stage.kid("new") == "new"
    assert stage.issuer.fetched == 2


async def test_keys_that_cant_be_refreshed_are_believed_for_an_hour(stage: Stage) -> None:
    await stage.kid("old")
    stage.issuer.error = Unavailable("Down.")
    await stage.clock.advance(3599)
    assert await stage.kid("old") == "old"
    await stage.clock.advance(11)
    with pytest.raises(Unavailable) as caught:
        await stage.kid("old")
    assert caught.value.retry_after_s == 10


@pytest.mark.parametrize("error", [Unavailable("Down."), RuntimeError("A bug.")])
async def test_an_issuer_that_is_down_is_not_the_tokens_fault(
    stage: Stage, error: Exception
) -> None:
    stage.issuer.error = error
    if isinstance(error, RuntimeError):
        with pytest.raises(RuntimeError):
            await stage.kid("old")
    with pytest.raises(Unavailable):
        await stage.kid("old")
    stage.issuer.error = None
    await stage.clock.advance(10)
    assert await stage.kid("old") == "old"


async def test_what_is_no_key_set_leaves_the_keys_as_they_were(stage: Stage) -> None:
    await stage.kid("old")
    stage.issuer.document = b"<html>"
    await stage.clock.advance(400)
    assert await stage.kid("old") == "old"
    await run_until_idle()
    assert await stage.kid("old") == "old"
    assert stage.issuer.fetched == 2


async def test_a_token_without_kid_is_sure_of_an_only_key(stage: Stage) -> None:
    assert await stage.kid(None) == "old"
    stage.issuer.document = key_set(OLD, NEW)
    await stage.clock.advance(400)
    await stage.kid("old")
    await run_until_idle()
    with pytest.raises(Unauthenticated):
        await stage.kid(None)


async def test_a_key_serves_its_own_algorithms_only(stage: Stage) -> None:
    bound = rsa_key("bound", alg="PS256")
    stage.issuer.document = key_set(bound, EC)
    assert await stage.kid("bound", "PS256") == "bound"
    for kid, algorithm in (("bound", "RS256"), ("ec-1", "RS256"), ("bound", "ES256")):
        with pytest.raises(Unauthenticated):
            await stage.kid(kid, algorithm)


def test_keys_that_dont_verify_signatures_are_passed_over() -> None:
    document = key_set(
        OLD,
        okp_key(),
        rsa_key("for-encryption", use="enc"),
        rsa_key("for-signing", key_ops=["sign"]),
        extra=[
            short_rsa_key("short"),
            {"kty": "oct", "kid": "secret", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ"},
            {"kty": "RSA", "kid": "broken", "n": "?", "e": "AQAB"},
            {"kty": "EC", "kid": "off", "crv": "P-256", "x": "AQ", "y": "AQ"},
            {"kid": "what"},
            7,
        ],
    )
    assert [key.get("kid") for key in usable(document)] == ["old", "ed-1"]


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"keys": {}}', b"\xff"])
def test_what_is_no_key_set_is_told(document: bytes) -> None:
    with pytest.raises(Unavailable):
        usable(document)


def test_a_set_of_ten_thousand_keys_isnt_kept_whole() -> None:
    one = EC.as_dict(private=False)
    document = json.dumps({"keys": [{**one, "kid": str(n)} for n in range(10_000)]}).encode()
    assert len(usable(document)) == 64


async def test_closing_ends_a_fetch_under_way(stage: Stage) -> None:
    stage.issuer.open.clear()
    waiting = asyncio.create_task(stage.kid("old"))
    await run_until_idle()
    await stage.keys.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
