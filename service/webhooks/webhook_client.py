"""Posts to addresses that somebody configured, over HTTP.

Each socket is made for an address that was judged just before: the one that is judged is the one
that is connected to, whatever a name leads to a moment later. No redirect is followed, no proxy of
the environment used, no cookie kept, and of an answer no more than its head is looked at.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from handrail import __version__
from handrail.core.access.outbound_addresses import PrivateAllowance
from handrail.core.news.deliveries import DeliveryFailed

from .resolver import ThreadPerLookUp

TOTAL_S = 15.0
DRAINED_BYTES = 16 * 1024  # of an answer, so that its connection can be used again
DRAIN_S = 1.0
KEPT_S = 30.0  # an idle connection
HEADERS = {
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
    "User-Agent": f"handrail/{__version__}",
}
UNUSABLE = "its URL can't be used"
REFUSED = (
    "its host leads to an address that isn't public; HANDRAIL_NEWS_PRIVATE names hosts and networks"
    " that may be called"
)


class AddressRefused(OSError):
    """Always the same text: where a host has several such addresses, one of these is raised."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, REFUSED)


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """The head of an answer: `retry_after` is the header as it came."""

    status: int
    retry_after: str | None


class WebhookClient:
    """Connections are used again; those to hosts that are allowed by name are kept apart."""

    def __init__(
        self,
        strangers: aiohttp.ClientSession,
        named: aiohttp.ClientSession,
        allowance: PrivateAllowance,
        *,
        total_s: float,
        drain_s: float,
    ) -> None:
        self._strangers, self._named, self._allowance = strangers, named, allowance
        self._total_s, self._drain_s = total_s, drain_s

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
        """Raises DeliveryFailed where no answer came. A connection may have been closed while it
        was kept: where one breaks off, the request is made once more."""
        try:
            to = URL(url)
        except ValueError as error:
            raise DeliveryFailed(UNUSABLE, final=True) from error
        session = self._named if self._allowance.names(to.raw_host or "") else self._strangers
        try:
            async with asyncio.timeout(self._total_s):
                try:
                    return await self._posted(session, to, body, headers)
                except aiohttp.ClientConnectorError:
                    raise
                except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                    return await self._posted(session, to, body, headers)
        except aiohttp.InvalidURL as error:
            raise DeliveryFailed(UNUSABLE, final=True) from error
        except TimeoutError as error:
            raise DeliveryFailed(f"no answer within {self._total_s:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise DeliveryFailed(_told(error)) from error

    async def _posted(
        self, session: aiohttp.ClientSession, to: URL, body: bytes, headers: Mapping[str, str]
    ) -> WebhookAnswer:
        sent = {**HEADERS, **headers}
        async with session.post(to, data=body, headers=sent, allow_redirects=False) as answer:
            await _drain(answer, self._drain_s)
            return WebhookAnswer(answer.status, answer.headers.get("Retry-After"))


@asynccontextmanager
async def open_webhooks(
    allowance: PrivateAllowance,
    *,
    total_s: float = TOTAL_S,
    drain_s: float = DRAIN_S,
    resolver: AbstractResolver | None = None,
    trust: ssl.SSLContext | bool = True,
) -> AsyncIterator[WebhookClient]:
    """Opens no connection yet. `trust` is who may vouch for receivers, the system's authorities
    unless told otherwise."""
    resolver = resolver or ThreadPerLookUp()

    def session(*, named: bool) -> aiohttp.ClientSession:
        def judged_socket(address: tuple[Any, ...]) -> socket.socket:
            family, type, proto, _, at = address
            if not allowance.allows(at[0], named=named):
                raise AddressRefused
            return socket.socket(family=family, type=type, proto=proto)

        connector = aiohttp.TCPConnector(
            limit=0,  # how many are sent at once is the sender's to say
            keepalive_timeout=KEPT_S,
            resolver=resolver,
            socket_factory=judged_socket,
            ssl=trust,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
        )

    async with AsyncExitStack() as stack:
        strangers = await stack.enter_async_context(session(named=False))
        named = await stack.enter_async_context(session(named=True))
        yield WebhookClient(strangers, named, allowance, total_s=total_s, drain_s=drain_s)


async def _drain(answer: aiohttp.ClientResponse, within_s: float) -> None:
    """Closes the connection where the answer is long or slow: what it says matters to nobody."""
    left = DRAINED_BYTES
    try:
        async with asyncio.timeout(within_s):
            while left > 0 and (chunk := await answer.content.read(left)):
                left -= len(chunk)
    except (TimeoutError, aiohttp.ClientError):
        left = 0
    if left <= 0:
        answer.close()


def _told(error: Exception) -> str:
    """In words of our own: the library's quote URLs and what came."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, AddressRefused):
        return REFUSED
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "its certificate can't be verified, or TLS failed"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its host's name can't be resolved"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection to its host ({errno.errorcode.get(error.errno or 0, 'failed')})"
    return f"the connection failed ({type(error).__name__})"
