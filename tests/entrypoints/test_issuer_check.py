from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from handrail.core.diagnosis.diagnoses import Verdict
from handrail.entrypoints.issuer_check import judge_issuer
from handrail.settings import Settings
from tests.environment import settings_of
from tests.stubs.serving import serving


@pytest.fixture
async def issuer() -> AsyncIterator[str]:
    async def keys(_: web.Request) -> web.Response:
        return web.json_response({"keys": []})

    app = web.Application()
    app.router.add_get("/keys", keys)
    async with serving(app) as url:
        yield url


def signing_in_at(issuer: str, path: str = "/keys", **more: str) -> Settings:
    named = {"auth": "jwt", "jwt_issuer": issuer, "jwt_audience": "handrail"}
    return settings_of(**named, jwt_jwks_url=f"{issuer}{path}", **more)


async def test_keys_that_can_be_fetched(issuer: str) -> None:
    [fine] = await judge_issuer(signing_in_at(issuer))

    assert fine.verdict is Verdict.OK


async def test_keys_that_aren_t_where_they_are_said_to_be(issuer: str) -> None:
    [missing] = await judge_issuer(signing_in_at(issuer, "/elsewhere"))

    assert missing.verdict is Verdict.MISSING
    assert "404" in missing.text
    assert "HANDRAIL_JWT_JWKS_URL" in str(missing.mend)


async def test_nobody_is_asked_where_no_keys_are_needed(issuer: str) -> None:
    secret = signing_in_at(issuer, "/elsewhere", jwt_secret="x" * 32)

    assert await judge_issuer(secret) == []
    assert await judge_issuer(settings_of()) == []
    assert await judge_issuer(settings_of(auth="jwt")) == []
