"""Invokes Lambda functions: the adapter of `ports.Functions`."""

from contextvars import ContextVar
from typing import Any

from handrail.aws.calls import AwsAdapter
from handrail.core.trace_context import TraceContext

TRACE_HEADER = "X-Amzn-Trace-Id"
_within: ContextVar[TraceContext | None] = ContextVar("within", default=None)


class AwsFunctions(AwsAdapter):
    """Functions of the clients' account and region. The client is opened at the first call."""

    async def invoke_later(
        self, name: str, payload: str, *, trace: TraceContext | None = None
    ) -> None:
        """A lost answer is asked for again: the function may then run twice."""

        async def invoked() -> None:
            functions = await self._clients.client("lambda")
            functions.meta.events.register("before-call.lambda.Invoke", _say_trace, TRACE_HEADER)
            _within.set(self._calls.trace(trace))
            event, body = "Event", payload.encode()
            answer = await functions.invoke(FunctionName=name, InvocationType=event, Payload=body)
            await answer["Payload"].read()  # empty; gives the connection back

        await self._calls.call("Invoke", invoked(), resource=name)


def _say_trace(params: dict[str, Any], **_: Any) -> None:
    """A hook: Lambda takes the trace of an invocation from this header."""
    if (within := _within.get()) is not None:
        params["headers"][TRACE_HEADER] = within.xray_header()
