"""Runs definitions of one task, at once."""

import asyncio
import json
from typing import Any

from tests.engine.engine_fixture import Calls, Definition, one_state

STATES = "arn:aws:states:::"


def task(resource: str, parameters: Any = None, **fields: Any) -> Definition:
    """`resource` is below `arn:aws:states:::`, or an ARN."""
    arn = resource if resource.startswith("arn:") else STATES + resource
    given = {} if parameters is None else {"Parameters": parameters}
    return one_state(Type="Task", Resource=arn, **given, **fields)


async def outputs(calls: Calls, *definitions: Definition) -> list[Any]:
    """Of executions that succeed."""
    ended = await asyncio.gather(*map(calls.run, definitions))
    failed = [(one.get("error"), one.get("cause")) for one in ended if one["status"] != "SUCCEEDED"]
    assert failed == [], failed
    return [json.loads(one["output"]) for one in ended]


async def failures(calls: Calls, *definitions: Definition) -> list[tuple[str, str]]:
    """The errors and causes of executions that fail."""
    ended = await asyncio.gather(*map(calls.run, definitions))
    assert [one["status"] for one in ended] == ["FAILED"] * len(ended)
    return [(one["error"], one["cause"]) for one in ended]
