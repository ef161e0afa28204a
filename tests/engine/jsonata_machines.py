"""State machines in JSONata, and what became of them."""

import json
from dataclasses import dataclass
from typing import Any

from .engine_fixture import FUNCTION, Calls, Definition, one_state, types

ECHO = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
CAUGHT = {"Type": "Pass", "Output": {"caught": "{% $states.input.Error %}"}, "End": True}
ITEM = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}


def jsonata(**state: Any) -> Definition:
    """One state, `A`."""
    return {"QueryLanguage": "JSONata"} | one_state(**state)


def states(**named: Any) -> Definition:
    """It starts at the first one."""
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(named)), "States": named}


def echo(**fields: Any) -> dict[str, Any]:
    """A task whose result has what it was given as its Payload."""
    arguments = {"FunctionName": f"{FUNCTION}echo", "Payload": {"a": 1}}
    end = {} if "Next" in fields else {"End": True}
    return {**ECHO, "Arguments": arguments, **end, **fields}


def catch(next_state: str, *errors: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"ErrorEquals": [*(errors or ["States.ALL"])], "Next": next_state, **fields}]


@dataclass(frozen=True, slots=True)
class Ended:
    status: str
    output: Any
    error: str | None
    cause: str | None
    events: list[dict[str, Any]]

    @property
    def types(self) -> list[str]:
        return types(self.events)

    def details(self, event_type: str) -> list[dict[str, Any]]:
        """Of each event of the type."""
        key = event_type[0].lower() + event_type[1:] + "EventDetails"
        return [event[key] for event in self.events if key in event]


async def run(calls: Calls, definition: Definition, input: Any = None) -> Ended:
    """The execution, once it has ended."""
    arn = await calls.start(await calls.create(definition), input)
    found = await calls.ended(arn)
    output = json.loads(found["output"]) if "output" in found else None
    events = await calls.history(arn)
    return Ended(found["status"], output, found.get("error"), found.get("cause"), events)
