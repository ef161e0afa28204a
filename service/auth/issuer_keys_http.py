"""Fetches the issuer's key set over HTTP, by its address or by OpenID Connect Discovery 1.0, and
what else that tells: bounded in time and size, uncompressed, and without following a redirect."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from handrail.auth.issuer_keys import json_object
from handrail.core.errors import Unavailable
from handrail.core.models import Json

LARGEST_BYTES = 256 * 1024
TIMEOUT = aiohttp.ClientTimeout(total=4, sock_connect=3)
TOTAL_S = 6.0  # both answers together, where the address must be discovered first
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True, repr=False)
class HttpKeyDocuments:
    """Implements `handrail.auth.issuer_keys.KeyDocuments`, where `url` is None by discovery, and
    `handrail.auth.sign_in.Discovery`."""

    session: aiohttp.ClientSession
    issuer: str
    url: str | None
    total_s: float = TOTAL_S

    async def fetch(self) -> bytes:
        try:
            async with asyncio.timeout(self.total_s):
                return await self._get(self.url or await self._discovered())
        except TimeoutError as error:
            raise Unavailable("The issuer's keys didn't come in time.") from error
        except ValueError as error:
            raise Unavailable("The issuer's keys have no URL that can be used.") from error

    async def discovery(self) -> Mapping[str, Json]:
        found = json_object(await self._get(self.issuer.rstrip("/") + DISCOVERY))
        if (issuer := found.get("issuer")) != self.issuer:
            named = f"{issuer!r:.200}, and the setting {self.issuer!r}"
            raise Unavailable(f"The issuer's discovery document names the issuer {named}.")
        return found

    async def _discovered(self) -> str:
        url = (await self.discovery()).get("jwks_uri")
        if not isinstance(url, str):
            raise Unavailable("The issuer's discovery document has no keys.")
        if URL(url).scheme not in {"https", URL(self.issuer).scheme}:
            raise Unavailable("The issuer's keys must be served over https.")
        return url

    async def _get(self, url: str) -> bytes:
        body = bytearray()
        try:
            async with self.session.get(
                url, headers=HEADERS, timeout=TIMEOUT, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    raise Unavailable(f"The issuer answered {answer.status} for its keys.")
                if answer.headers.get("Content-Encoding", "identity") != "identity":
                    why = "The issuer's keys came compressed though that wasn't asked for."
                    raise Unavailable(why)
                async for chunk in answer.content.iter_chunked(LARGEST_BYTES):
                    body += chunk
                    if len(body) > LARGEST_BYTES:
                        raise Unavailable("The issuer's keys are longer than 256 KiB.")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            name = type(error).__name__
            raise Unavailable(f"The issuer's keys can't be read ({name}).") from error
        return bytes(body)
