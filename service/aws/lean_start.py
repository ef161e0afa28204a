"""Starts executions at a third of what a call of botocore's costs.

The first start is botocore's. Its request is the pattern of those that follow, if signing it here
gives its very signature. Credentials and connections stay the client's own, and its hooks before
and after a call are called.

Only an answer that tells the execution is taken. Whatever else comes of an attempt is handed to
botocore as its own first one: errors, retries and how often AWS is asked are as ever.
HANDRAIL_LEAN_START=false leaves all of it out.
"""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import iscoroutinefunction
from types import FunctionType, MethodType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Self, cast

from aiobotocore.httpsession import AIOHTTPSession
from aiohttp import ClientResponse

from handrail.aws.start_pattern import Keys, StartPattern

if TYPE_CHECKING:
    from types_aiobotocore_stepfunctions.client import SFNClient

OPERATION = "StartExecution"
BEFORE, AFTER = "before-call", "after-call"
ELSE = (
    "provide-client-params",
    "before-parameter-build",
    "before-endpoint-resolution",
    "request-created",
    "choose-signer",
    "before-sign",
    "before-send",
    "before-parse",
    "response-received",
    "needs-retry",
    "after-call-error",
)
"""What else botocore tells its hooks of a call."""
OK = SimpleNamespace(status_code=200)
OWN = frozenset({"aiobotocore", "botocore", "handrail"})


@dataclass(slots=True)
class _Attempt:
    """What came of one: an answer that was read, or an error. `context` is what botocore keeps of a
    call."""

    context: dict[str, Any]
    outcome: ClientResponse | Exception
    taken: bool = False


class _Told(AIOHTTPSession):
    """Sends nothing, and tells of an outcome as the client's session would have."""

    def __init__(self, outcome: ClientResponse | Exception) -> None:
        super().__init__()
        self._outcome = outcome

    async def _get_session(self, _: str | None) -> Self:
        return self

    async def request(self, *_: Any, **__: Any) -> ClientResponse:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


_handed: ContextVar[_Attempt | None] = ContextVar("handed", default=None)


class LeanStart:
    """Has the client's method `start_execution`, and nothing else of it."""

    def __init__(self, sfn: "SFNClient") -> None:
        self._sfn: Any = sfn
        self._made: Any = None  # the last that botocore made, until one is learned from
        self._pattern: StartPattern | None = None
        self._model = sfn.meta.service_model.operation_model(OPERATION)
        self._before: tuple[Any, ...] = ()
        self._after: tuple[Any, ...] = ()
        self._looked_at: tuple[object, object] = (None, None)
        self._own = False
        register = cast(Any, sfn.meta.events).register
        register(f"{BEFORE}.sfn.{OPERATION}", _go_on)
        register(f"before-send.sfn.{OPERATION}", self._before_send)

    async def start_execution(self, **given: str) -> Mapping[str, Any]:
        """Answers and raises as the client's own. It is the client's own where somebody else has
        hooks on the client or has wrapped its calls: they are to see all of each."""
        owner = self._sfn._request_signer._credentials
        known = (self._pattern or self._made) is not None and owner is not None
        if not (known and all(given.values()) and self._only_own_hooks()):
            return await self._by_botocore(given)
        keys = await owner.get_frozen_credentials()
        if (pattern := self._learned(keys)) is None:
            return await self._by_botocore(given)
        attempt = await self._attempt(pattern, given, keys)
        if (answer := await _started(attempt.outcome)) is None:
            token = _handed.set(attempt)
            try:
                return await self._by_botocore(given)
            finally:
                _handed.reset(token)
        self._call(self._after, attempt.context, http_response=OK, parsed=answer)
        return answer

    def _learned(self, keys: Keys) -> StartPattern | None:
        if self._pattern is None:
            self._pattern, self._made = StartPattern.of(self._made, keys), None
        return self._pattern

    async def _by_botocore(self, given: Mapping[str, str]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = await self._sfn.start_execution(**given)
        return answer

    async def _attempt(
        self, pattern: StartPattern, given: Mapping[str, str], keys: Keys
    ) -> _Attempt:
        body, context = json.dumps(given).encode(), dict[str, Any]()
        headers = pattern.request_headers(keys, body)
        id, signer = headers["amz-sdk-invocation-id"], self._sfn._request_signer
        context["retries"] = {"attempt": 1, "invocation-id": id}
        params = {"url": str(pattern.url), "headers": headers, "body": body}
        self._call(self._before, context, params=params, request_signer=signer)
        try:
            session = await self._sfn._endpoint.http_session._get_session(None)
            answer = await session.request("POST", pattern.url, headers=headers, data=body)
            await answer.read()
        except Exception as error:  # botocore judges and raises it
            return _Attempt(context, error)
        return _Attempt(context, answer)

    def _only_own_hooks(self) -> bool:
        """Looks again where hooks were registered since, which empties the emitter's memory, or the
        client's class was changed: instrumentation does either."""
        emitter, call = self._sfn.meta.events._emitter, type(self._sfn)._make_api_call
        memory, known_call = self._looked_at
        if emitter._lookup_cache is not memory or call is not known_call:
            self._looked_at = emitter._lookup_cache, call
            hooks = [hook for event in ELSE for hook in self._hooks(event)]
            self._before, self._after = self._hooks(BEFORE), self._hooks(AFTER)
            called = *self._before, *self._after
            self._own = all(map(_is_own, (call, *hooks, *called)))
            self._own = self._own and not any(map(iscoroutinefunction, called))
        return self._own

    def _hooks(self, event: str) -> tuple[Any, ...]:
        name = f"{event}.sfn.{OPERATION}"
        return tuple(self._sfn.meta.events._emitter._handlers.prefix_search(name))

    def _call(self, hooks: tuple[Any, ...], context: dict[str, Any], **told: Any) -> None:
        for hook in hooks:
            hook(model=self._model, context=context, **told)

    async def _before_send(self, request: Any, **_: Any) -> Any:
        """A hook: the outcome that was handed over stands for sending the first request."""
        attempt = _handed.get()
        if attempt is not None and not attempt.taken:
            attempt.taken = True
            return await _Told(attempt.outcome).send(request)
        session = self._sfn._endpoint.http_session
        wanted = self._pattern is None and type(session) is AIOHTTPSession
        if wanted and session._proxy_config.proxy_url_for(request.url) is None:
            self._made = request
        return None


def _go_on(context: dict[str, Any], **_: Any) -> None:
    """A hook: botocore goes on with a call whose first attempt was handed over."""
    if (attempt := _handed.get()) is not None:
        context.update(attempt.context)


async def _started(outcome: ClientResponse | Exception) -> dict[str, Any] | None:
    """The answer as botocore reads it; None where it is no execution, or may be read otherwise."""
    if isinstance(outcome, Exception) or outcome.status != 200:
        return None
    try:
        found = json.loads((await outcome.read()).decode())
        arn, started_at = found["executionArn"], found["startDate"]
        if type(arn) is not str or type(started_at) not in {int, float}:
            return None
        began = datetime.fromtimestamp(started_at, UTC)
        headers = {name.decode().lower(): text.decode() for name, text in outcome.raw_headers}
        answer = {name: member for name, member in found.items() if member is not None}
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError):
        return None
    metadata = {"HTTPStatusCode": 200, "HTTPHeaders": headers, "RetryAttempts": 0}
    if "x-amzn-requestid" in headers:
        metadata["RequestId"] = headers["x-amzn-requestid"]
    return answer | {"startDate": began, "ResponseMetadata": metadata}


def _is_own(hook: object) -> bool:
    """Looks at types, not classes: wrappers pretend to be what they wrap."""
    function = hook.__func__ if type(hook) is MethodType else hook
    if type(function) is not FunctionType:
        return False
    return function.__globals__["__name__"].partition(".")[0] in OWN
