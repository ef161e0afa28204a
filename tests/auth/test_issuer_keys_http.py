"""Fetching an issuer's keys: bounded, unredirected, and only what the issuer itself points to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from handrail.auth.issuer_keys_http import LARGEST_BYTES, HttpKeyDocuments
from handrail.core.errors import Unavailable

KEYS = b'{"keys": []}'
Handler = Callable[[web.Request], "web.StreamResponse"]


class Issuer:
    """Serves what it is told to, and notes what was asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.answers: dict[str, Handler] = {}
        self.headers: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.headers.append(str(request.headers))
        await self.open.wait()
        return self.answers[request.path](request)

    def discovers(self, **document: object) -> None:
        shown = {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **document}
        self.answers["/.well-known/openid-configuration"] = lambda _: web.json_response(shown)

    @asynccontextmanager
    async def documents(self, *, url: str | None = None) -> AsyncIterator[HttpKeyDocuments]:
        async with aiohttp.ClientSession() as session:
            yield HttpKeyDocuments(session, issuer=self.url, url=url)


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", issuer.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    issuer.answers["/keys"] = lambda _: web.Response(body=KEYS)
    yield issuer
    await runner.cleanup()


async def test_keys_come_from_their_address(issuer: Issuer) -> None:
    async with issuer.documents(url=f"{issuer.url}/keys") as documents:
        assert await documents.fetch() == KEYS
    assert issuer.asked == ["/keys"]


async def test_or_from_the_one_the_issuer_shows(issuer: Issuer) -> None:
    issuer.discovers()
    async with issuer.documents() as documents:
        assert await documents.fetch() == KEYS
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "http://evil.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"jwks_uri": "//"},
    ],
)
async def test_another_issuers_document_isnt_followed(
    issuer: Issuer, document: dict[str, object]
) -> None:
    issuer.discovers(**document)
    async with issuer.documents() as documents:
        with pytest.raises(Unavailable):
            await documents.fetch()
    assert issuer.asked == ["/.well-known/openid-configuration"]


async def test_a_discovery_that_is_no_json_is_told(issuer: Issuer) -> None:
    issuer.answers["/.well-known/openid-configuration"] = lambda _: web.Response(text="<html>")
    async with issuer.documents() as documents:
        with pytest.raises(Unavailable):
            await documents.fetch()


async def test_a_redirect_isnt_followed(issuer: Issuer) -> None:
    issuer.answers["/moved"] = lambda _: web.Response(status=302, headers={"Location": "/keys"})
    async with issuer.documents(url=f"{issuer.url}/moved") as documents:
        with pytest.raises(Unavailable, match="302"):
            await documents.fetch()
    assert issuer.asked == ["/moved"]


@pytest.mark.parametrize(("size", "taken"), [(LARGEST_BYTES, True), (LARGEST_BYTES + 1, False)])
async def test_keys_longer_than_256_kib_are_refused(
    issuer: Issuer, size: int, *, taken: bool
) -> None:
    issuer.answers["/keys"] = lambda _: web.Response(body=b"x" * size)
    async with issuer.documents(url=f"{issuer.url}/keys") as documents:
        if taken:
            assert len(await documents.fetch()) == size
        else:
            with pytest.raises(Unavailable, match="256 KiB"):
                await documents.fetch()


async def test_a_compressed_answer_is_not_unpacked(issuer: Issuer) -> None:
    def bomb(request: web.Request) -> web.Response:
        answer = web.Response(body=b"0" * (LARGEST_BYTES * 4))
        answer.enable_compression(web.ContentCoding.gzip)
        return answer

    issuer.answers["/keys"] = bomb
    async with issuer.documents(url=f"{issuer.url}/keys") as documents:
        with pytest.raises(Unavailable, match="compressed"):
            await documents.fetch()
    assert "'Accept-Encoding': 'identity'" in issuer.headers[0]


@pytest.mark.parametrize("status", [204, 404, 500])
async def test_another_answer_than_200_is_told(issuer: Issuer, status: int) -> None:
    issuer.answers["/keys"] = lambda _: web.Response(status=status)
    async with issuer.documents(url=f"{issuer.url}/keys") as documents:
        with pytest.raises(Unavailable, match=str(status)):
            await documents.fetch()


async def test_an_issuer_that_cant_be_reached_is_told(issuer: Issuer) -> None:
    async with issuer.documents(url="http://127.0.0.1:9/keys") as documents:
        with pytest.raises(Unavailable, match="ClientConnectorError"):
            await documents.fetch()
    async with issuer.documents(url="http://") as documents:
        with pytest.raises(Unavailable):
            await documents.fetch()


async def test_an_issuer_that_hangs_is_given_up_on(issuer: Issuer) -> None:
    issuer.open.clear()
    async with aiohttp.ClientSession() as session:
        url = f"{issuer.url}/keys"
        documents = HttpKeyDocuments(session, issuer=url, url=url, total_s=0.05)
        with pytest.raises(Unavailable, match="in time"):
            await documents.fetch()
    issuer.open.set()


async def test_keys_of_an_https_issuer_come_over_https() -> None:
    async with aiohttp.ClientSession() as session:
        shown = {"issuer": "https://i.example", "jwks_uri": "http://i.example/keys"}

        class Documents(HttpKeyDocuments):
            async def _get(self, url: str) -> bytes:
                assert url.startswith("https://")
                return json.dumps(shown).encode()

        with pytest.raises(Unavailable, match="https"):
            await Documents(session, issuer="https://i.example", url=None).fetch()
