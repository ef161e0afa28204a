"""Makes one REST call: headers, retries and problem+json."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn, Self

import aiohttp
from yarl import URL

from service.core.json_text import exact, json_bytes
from service.core.models import Json
from service.core.pacing import backoff

from .errors import ClientError, RequestRefused, ServiceUnreachable

_ANSWER_S = 40.0  # above the 25 s the service may hold a call
_CONNECT_S = 5.0
_FIRST_PAUSE_S = 0.5
_MAX_PAUSE_S = 15.0
_MAX_RETRY_AFTER_S = 30.0
_ATTEMPTS = 4


class Requester:
    """Calls the service at `url`, inside `async with`. Raises RequestRefused, ServiceUnreachable.

    `token` is asked before every request and handshake, so a refreshed one is used at once.
    `on_pause(delay_s, why)` hears of each retry; `jitter` answers [0, 1).
    """

    def __init__(
        self,
        url: str,
        *,
        token: Callable[[], str | None] = lambda: None,
        on_pause: Callable[[float, str], None] = lambda _delay_s, _why: None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.base = url.rstrip("/")
        if URL(self.base).scheme not in {"http", "https"} or not URL(self.base).host:
            raise ClientError(f"Not an http:// or https:// URL: {url}")
        self._token, self._on_pause, self._sleep, self._jitter = token, on_pause, sleep, jitter
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
    ) -> dict[str, Json]:
        """The answer's JSON object, with JsonText for each number that Python would write
        otherwise; one in `body` is sent as it is. A GET, a keyed and a repeatable call are tried
        again. `path` comes with its segments quoted."""
        headers = {"Accept": "application/json", **({"Idempotency-Key": key} if key else {})}
        data = None
        if body is not None:
            headers["Content-Type"], data = "application/json", json_bytes(body)
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=_CONNECT_S)
        failures = 0
        while True:
            try:
                return await self._try(method, path, data=data, headers=headers, timeout=timeout)
            except ServiceUnreachable as error:
                if not (error.again and (repeatable or method == "GET" or key)):
                    raise
                failures += 1
                await self.pause(failures, str(error), at_least_s=error.retry_after_s)

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
        self._on_pause(delay_s, why)
        await self._sleep(delay_s)

    def unreachable(self, error: Exception) -> str:
        """One line on why the service couldn't be reached."""
        why = str(error) or type(error).__name__
        if isinstance(error, TimeoutError):
            why = "no answer in time"
        elif isinstance(error, aiohttp.ClientConnectorError):
            number = error.errno or 0  # a resolver's is negative and has no text of its own
            why = os.strerror(number) if number > 0 else str(error.strerror)
        return f"The service at {self.base} can't be reached: {why}"

    async def _try(
        self, method: str, path: str, *, headers: Mapping[str, str], **request: Any
    ) -> dict[str, Json]:
        url = URL(f"{self.base}/v1/{path}", encoded=True)
        request["headers"] = {**headers, **self.headers()}
        try:
            async with self.session.request(method, url, **request) as response:
                raw = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ServiceUnreachable(self.unreachable(error), again=True) from error
        try:
            answer = exact(raw or b"{}")
        except ValueError:
            answer = None
        if response.status >= 400:
            _refuse(response, answer if isinstance(answer, dict) else {})
        if not isinstance(answer, dict):
            detail = "The answer is not the service's JSON."
            raise RequestRefused(response.status, "not_handrail", detail)
        return answer


def _refuse(response: aiohttp.ClientResponse, problem: Mapping[str, Json]) -> NoReturn:
    """Reads an RFC 9457 problem; what is missing falls back to the status alone."""
    status, errors = response.status, problem.get("errors")
    detail = str(problem.get("detail") or problem.get("title") or f"The service answered {status}.")
    fields = [
        f"{error.get('path', '')}: {error.get('message', '')}"
        for error in (errors if isinstance(errors, list) else ())
        if isinstance(error, dict)
    ]
    if fields:
        detail = f"{detail} ({'; '.join(fields)})"
    again = status in {429, 503, 504} and problem.get("retryable") is not False
    if again or status >= 500:
        after = response.headers.get("Retry-After", "")
        retry_after_s = float(after) if after.isascii() and after.isdigit() else 0.0
        raise ServiceUnreachable(detail, again=again, retry_after_s=retry_after_s)
    raise RequestRefused(status, str(problem.get("code") or "http_error"), detail)
