"""One REST call: headers, retries and problem+json."""

import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
from yarl import URL

from service.core.models import Json

from .errors import ClientError, RequestRefused, ServiceUnreachable
from .reconnection import Backoff

ANSWER_S = 40.0  # above the 25 s the service may hold a call
_CONNECT_S = 5.0
_TO_ANSWER = Backoff()
_LONGEST_PAUSE_S = 30.0


class _Unanswered(ClientError):
    """This try brought nothing; `again` says whether another may."""

    def __init__(self, detail: str, *, again: bool, retry_after_s: float = 0.0) -> None:
        super().__init__(detail)
        self.again = again
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Pause:
    """Waiting between tries, with time, chance and the announcement owned by the caller."""

    sleep: Callable[[float], Awaitable[object]]
    jitter: Callable[[], float]
    announce: Callable[[float, str], None]

    async def after(
        self, failures: int, backoff: Backoff, why: str, *, at_least_s: float = 0.0
    ) -> None:
        """Wait, or raise ServiceUnreachable(why) where the tries are used up."""
        if backoff.exhausted(failures):
            raise ServiceUnreachable(why)
        delay_s = max(backoff.delay_s(failures, self.jitter), min(at_least_s, _LONGEST_PAUSE_S))
        self.announce(delay_s, why)
        await self.sleep(delay_s)


@dataclass(frozen=True, slots=True)
class Requester:
    """The session and where, as whom and how patiently to call."""

    session: aiohttp.ClientSession
    base: str
    token: Callable[[], str | None]
    pause: Pause

    def headers(self) -> dict[str, str]:
        token = self.token()
        return {"Authorization": f"Bearer {token}"} if token else {}

    async def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        key: str | None = None,
        repeatable: bool = False,
        timeout_s: float = ANSWER_S,
    ) -> dict[str, Json]:
        """The answer's JSON object. A GET, a keyed and a repeatable call are tried again. `path`
        comes with its segments quoted."""
        repeatable = repeatable or method == "GET" or key is not None
        headers = {"Accept": "application/json", **({"Idempotency-Key": key} if key else {})}
        url = URL(f"{self.base}/v1/{path}", encoded=True)
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=_CONNECT_S)
        failures = 0
        while True:
            try:
                all_headers = headers | self.headers()
                async with self.session.request(
                    method, url, json=body, headers=all_headers, timeout=timeout
                ) as response:
                    return _read(response, await response.read())
            except (aiohttp.ClientError, TimeoutError) as error:
                unanswered = _Unanswered(unreachable(self.base, error), again=True)
                unanswered.__cause__ = error
            except _Unanswered as error:
                unanswered = error
            if not (repeatable and unanswered.again):
                raise ServiceUnreachable(str(unanswered)) from unanswered
            failures += 1
            at_least_s = unanswered.retry_after_s
            await self.pause.after(failures, _TO_ANSWER, str(unanswered), at_least_s=at_least_s)


def unreachable(base: str, error: BaseException) -> str:
    """One line on why `base` couldn't be reached."""
    why = str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        why = "no answer in time"
    elif isinstance(error, aiohttp.ClientConnectorError):
        number = error.errno or 0  # a resolver's is negative and has no text of its own
        why = os.strerror(number) if number > 0 else str(error.strerror)
    return f"The service at {base} can't be reached: {why}"


def _read(response: aiohttp.ClientResponse, raw: bytes) -> dict[str, Json]:
    status = response.status
    try:
        answer = json.loads(raw or b"{}")
    except ValueError:
        answer = None
    answer = answer if isinstance(answer, dict) else None
    if status < 400:
        if answer is None:
            raise RequestRefused(status, "not_handrail", "The answer is not the service's JSON.")
        return answer
    problem = answer or {}
    refusal = RequestRefused.of_problem(status, problem)
    again = status in {429, 503, 504} and problem.get("retryable") is not False
    if status >= 500 or again:
        after = response.headers.get("Retry-After", "")
        retry_after_s = float(after) if after.isascii() and after.isdigit() else 0.0
        raise _Unanswered(str(refusal), again=again, retry_after_s=retry_after_s)
    raise refusal
