"""Fetches the issuer's key set over HTTP, by its address or by OpenID Connect Discovery 1.0.

The answer comes from outside: it is bounded in time and size, taken uncompressed, and a redirect
isn't followed.
"""

import asyncio

import aiohttp
from pydantic_core import from_json
from yarl import URL

from service.core.errors import Unavailable

LARGEST_BYTES = 256 * 1024
TIMEOUT = aiohttp.ClientTimeout(total=4, sock_connect=3)
TOTAL_S = 6.0
"""Both answers together, where the address must be discovered first."""

HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
DISCOVERY = "/.well-known/openid-configuration"


class HttpKeyDocuments:
    """Implements `service.auth.issuer_keys.KeyDocuments`. `url` is None for discovery."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        issuer: str,
        url: str | None,
        total_s: float = TOTAL_S,
    ) -> None:
        self._session = session
        self._issuer = issuer
        self._url = url
        self._total_s = total_s

    async def fetch(self) -> bytes:
        """Raises Unavailable."""
        try:
            async with asyncio.timeout(self._total_s):
                return await self._get(self._url or await self._discovered())
        except TimeoutError as error:
            raise Unavailable("The issuer's keys didn't come in time.") from error
        except ValueError as error:
            raise Unavailable("The issuer's keys have no URL that can be used.") from error

    async def _discovered(self) -> str:
        raw = await self._get(self._issuer.rstrip("/") + DISCOVERY)
        try:
            document = from_json(raw)
        except ValueError:
            document = None
        found = document if isinstance(document, dict) else {}
        url = found.get("jwks_uri")
        if found.get("issuer") != self._issuer or not isinstance(url, str):
            raise Unavailable("The issuer's discovery document is not its own, or has no keys.")
        if URL(url).scheme not in {"https", URL(self._issuer).scheme}:
            raise Unavailable("The issuer's keys must be served over https.")
        return url

    async def _get(self, url: str) -> bytes:
        try:
            async with self._session.get(
                url, headers=HEADERS, timeout=TIMEOUT, allow_redirects=False
            ) as answer:
                return await _body(answer)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            name = type(error).__name__
            raise Unavailable(f"The issuer's keys can't be read ({name}).") from error


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    if answer.status != 200:
        raise Unavailable(f"The issuer answered {answer.status} for its keys.")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise Unavailable("The issuer's keys came compressed though that wasn't asked for.")
    body = bytearray()
    async for chunk in answer.content.iter_chunked(LARGEST_BYTES):
        body += chunk
        if len(body) > LARGEST_BYTES:
            raise Unavailable("The issuer's keys are longer than 256 KiB.")
    return bytes(body)
