"""Runs definitions with stand-ins on the session's engine."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter

from handrail.core.stand_ins.answers import StandIn
from handrail.engine.stand_ins.stand_in_visits import PythonStandIn, TaskStandIn
from tests.engine.engine_fixture import Calls, Definition

_READ: TypeAdapter[StandIn] = TypeAdapter(StandIn)
CASE = "case"


async def start(
    calls: Calls, definition: Definition, stand_ins: Mapping[str, Any], input: Any = None
) -> str:
    """A new execution's ARN. A stand-in is JSON, a MockedResponses, or a function of (arguments,
    context)."""
    machine = await calls.create(definition)
    known: dict[str, TaskStandIn] = {state: _stand_in(each) for state, each in stand_ins.items()}
    calls.engine.assembly.account.stand_ins.add_case(machine.rpartition(":")[2], CASE, known)
    return await calls.start(f"{machine}#{CASE}", input)


async def run(
    calls: Calls, definition: Definition, stand_ins: Mapping[str, Any], input: Any = None
) -> dict[str, Any]:
    """The description of the execution once it has ended."""
    return await calls.ended(await start(calls, definition, stand_ins, input))


def _stand_in(given: Any) -> TaskStandIn:
    if isinstance(given, list | dict):
        read = _READ.validate_python(given)
        assert not isinstance(read, str)
        return read
    if isinstance(given, Callable):  # type: ignore[arg-type] # the checker wants it subscripted
        return PythonStandIn("fakes.py:fake", given)
    known: TaskStandIn = given
    return known
