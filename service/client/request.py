"""Makes one REST call: headers, retries and problem+json."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, NoReturn, Self

import aiohttp
from yarl import URL

from handrail.core.json_text import exact, json_bytes
from handrail.core.models import Json
from handrail.core.pacing import backoff

from .errors import ClientError, RequestRefused, ServiceUnreachable

_ANSWER_S = 40.0  # above the 25 s the service may hold a call
_CONNECT_S = 5.0
_FIRST_PAUSE_S = 0.5
_MAX_PAUSE_S = 15.0
_MAX_RETRY_AFTER_S = 30.0
_ATTEMPTS = 4
TO_RESUME = 15
"""Tries to go on with what is under way: two minutes, which cover a deployment of the service."""
_TURNED_AWAY = {"overloaded"}
"""Codes of 503 that come before anything is done. AWS's own may come to a second try of the
service's, whose first was applied."""
_UNKNOWN = "Whether it was done isn't known: look before you try again."


class Requester:
    """Calls the service at `url`, inside `async with`. Raises RequestRefused, ServiceUnreachable.

    `token` is asked before every request and handshake, so a refreshed one is used at once.
    `on_pause(why)` hears of the first failure in a row after which another try is made; `jitter`
    answers [0, 1).
    """

    def __init__(
        self,
        url: str,
        *,
        token: Callable[[], str | None] = lambda: None,
        on_pause: Callable[[str], None] = lambda _why: None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.base = url.rstrip("/")
        if not _is_address(self.base):
            raise ClientError(f"Not an http:// or https:// URL: {url}")
        self.on_pause = on_pause
        self._token, self._sleep, self._jitter = token, sleep, jitter
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("A Client is used inside `async with`.")
        return self._session

    def headers(self) -> dict[str, str]:
        token = self._token()
        return {"Authorization": f"Bearer {token}"} if token else {}

    async def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        key: str | None = None,
        repeatable: bool = False,
        timeout_s: float = _ANSWER_S,
        attempts: int = _ATTEMPTS,
    ) -> dict[str, Json]:
        """The answer's JSON object, with JsonText for each number that Python would write
        otherwise; one in `body` is sent as it is. A GET, a keyed and a repeatable call are tried
        again, any other where nothing can have been done. `path` comes with its segments quoted."""
        headers = {"Accept": "application/json", **({"Idempotency-Key": key} if key else {})}
        request: dict[str, Any] = {"headers": headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
            request["data"] = json_bytes(body)
        request["timeout"] = aiohttp.ClientTimeout(total=timeout_s, sock_connect=_CONNECT_S)
        safe, failures = repeatable or method == "GET" or key is not None, 0
        while True:
            try:
                return await self._try(method, path, **request)
            except ServiceUnreachable as error:
                if error.again and not (safe or error.undone):
                    raise ServiceUnreachable(f"{str(error).rstrip('.')}. {_UNKNOWN}") from error
                if not error.again:
                    raise
                failures += 1
                why, after_s = str(error), error.retry_after_s
                await self.pause(failures, why, attempts=attempts, at_least_s=after_s)

    async def pause(
        self, failures: int, why: str, *, attempts: int = _ATTEMPTS, at_least_s: float = 0.0
    ) -> None:
        """Waits after the `failures`th failure in a row (from 1), up to a half shorter than others
        so that clients don't return at once. Raises ServiceUnreachable(why) where `attempts` in a
        row brought nothing."""
        if failures >= attempts:
            raise ServiceUnreachable(why)
        longest_s = backoff(failures, first_s=_FIRST_PAUSE_S, max_s=_MAX_PAUSE_S)
        delay_s = max(longest_s * (1 - self._jitter() / 2), min(at_least_s, _MAX_RETRY_AFTER_S))
        if failures == 1:
            self.on_pause(why)
        await self._sleep(delay_s)

    def unreachable(self, error: Exception) -> str:
        """One line on why the service couldn't be reached."""
        why = str(error) or type(error).__name__
        if isinstance(error, TimeoutError):
            why = "no answer in time"
        elif isinstance(error, aiohttp.ClientSSLError):
            why = str(getattr(error, "certificate_error", None) or error.strerror or error)
        elif isinstance(error, aiohttp.ClientConnectorError):
            number = error.errno or 0  # a resolver's is negative and has no text of its own
            why = os.strerror(number) if number > 0 else str(error.strerror)
        return f"The service at {self.base} can't be reached: {why}"

    async def _try(
        self, method: str, path: str, *, headers: Mapping[str, str], **request: Any
    ) -> dict[str, Json]:
        url = URL(f"{self.base}/v1/{path}", encoded=True)
        request |= {"headers": {**headers, **self.headers()}, "allow_redirects": False}
        try:
            async with self.session.request(method, url, **request) as response:
                raw = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            undone = isinstance(error, aiohttp.ClientConnectorError)
            raise ServiceUnreachable(self.unreachable(error), again=True, undone=undone) from error
        try:
            answer = exact(raw or b"{}")
        except ValueError:
            answer = None
        if 300 <= response.status < 400:  # following it, a POST would become a GET
            elsewhere = response.headers.get("Location", "another address")
            detail = f"{self.base} sends its callers to {elsewhere}: ask there."
            raise RequestRefused(response.status, "redirected", detail)
        if response.status >= 400:
            _refuse(self.base, response, answer if isinstance(answer, dict) else {})
        if not isinstance(answer, dict):
            detail = f"{self.base} doesn't answer as Handrail does: is this its address?"
            raise RequestRefused(response.status, "not_handrail", detail)
        return answer


def _is_address(text: str) -> bool:
    try:
        url = URL(text)
    except ValueError:  # a port that there can't be, or half of an IPv6 address
        return False
    return url.scheme in {"http", "https"} and bool(url.host)


def _refuse(base: str, response: aiohttp.ClientResponse, problem: Mapping[str, Json]) -> NoReturn:
    """Reads an RFC 9457 problem; what is missing falls back to the status alone."""
    status, errors, code = response.status, problem.get("errors"), str(problem.get("code") or "")
    stranger = f"{base} answered {status}, and not as Handrail does: is this its address?"
    detail = str(problem.get("detail") or problem.get("title") or stranger)
    fields = [
        f"{error.get('path', '')}: {error.get('message', '')}"
        for error in (errors if isinstance(errors, list) else ())
        if isinstance(error, dict) and str(error.get("message")) not in detail
    ]
    if fields:
        detail = f"{detail} ({'; '.join(fields)})"
    if request_id := problem.get("request_id"):
        detail = f"{detail} [request {request_id}]"
    again = status in {429, 502, 503, 504} and problem.get("retryable") is not False
    if again or (status >= 500 and status != HTTPStatus.NOT_IMPLEMENTED):
        after = response.headers.get("Retry-After", "")
        retry_after_s = float(after) if after.isascii() and after.isdigit() else 0.0
        undone = status == 429 or code in _TURNED_AWAY
        raise ServiceUnreachable(detail, again=again, undone=undone, retry_after_s=retry_after_s)
    raise RequestRefused(status, code or "not_handrail", detail)
