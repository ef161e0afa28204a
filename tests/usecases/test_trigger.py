"""Triggering through the Lambda function."""

import pytest

from handrail.core.errors import InvalidInput, NotFound
from handrail.core.trace_context import TraceContext
from handrail.usecases.trigger import InvokingTrigger


class FakeFunctions:
    """Functions by name, with the events they were handed."""

    def __init__(self, *names: str) -> None:
        self.events: dict[str, list[str]] = {name: [] for name in names}

    async def invoke_later(
        self, name: str, payload: str, *, trace: TraceContext | None = None
    ) -> None:
        if name not in self.events:
            raise NotFound("There is no such function.")
        self.events[name].append(payload)


async def test_the_stage_s_function_is_handed_the_input() -> None:
    functions = FakeFunctions("trigger-lambda-prod")
    trigger = InvokingTrigger(functions, environment="prod")
    assert await trigger.pull({"a": "é"}, key=None) is None
    assert functions.events == {"trigger-lambda-prod": ['{"a":"é"}']}


async def test_a_stage_without_the_function_is_told_so() -> None:
    trigger = InvokingTrigger(FakeFunctions("trigger-lambda-prod"), environment="dev")
    with pytest.raises(NotFound):
        await trigger.pull({}, key=None)


async def test_an_input_that_is_too_large_isn_t_sent() -> None:
    functions = FakeFunctions("trigger-lambda-dev")
    trigger = InvokingTrigger(functions, environment="dev")
    with pytest.raises(InvalidInput):
        await trigger.pull({"a": "x" * 262_144}, key=None)
    assert functions.events == {"trigger-lambda-dev": []}
