"""Lists the tasks that nobody would answer on the embedded engine: it can't run them, or they call
a Lambda function that has no handler, and nothing stands in for them."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from handrail.core.models import Json

from .definition import Definition, State
from .engine_support import why_not

_FUNCTION_ARN = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:([^:]+)(?::.*)?")
_NAME = re.compile(r"(?:[^:]+:function:)?([\w-]+)(?::[\w$-]+)?")
_INVOKE = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(?:aws-sdk:)?lambda:invoke(?:\..+)?")


@dataclass(frozen=True, slots=True)
class UnansweredTask:
    """`reason` is a sentence."""

    state: State
    reason: str

    def hint(self, file: str = "machine.json") -> str:
        """What to write where: `file` describes the state machine."""
        name = self.state.name.replace('"', '\\"')
        return f'{self.reason} {file}: "stand_ins": {{"{name}": {{"return": …}}}}'


def unanswered_tasks(
    definition: Definition, *, stand_ins: Collection[str], functions: Collection[str] | None
) -> tuple[UnansweredTask, ...]:
    """In the order of the definition. `functions` are the names of those with a handler, None where
    that isn't known; one whose name only the input tells is not looked at."""
    found = []
    for state in definition.all_states:
        if state.type != "Task" or state.name in stand_ins:
            continue
        reason = why_not(state.resource)
        function = called_function(state)
        if reason is None and function and functions is not None and function not in functions:
            reason = f"The Lambda function {function} has no handler."
        if reason is not None:
            found.append(UnansweredTask(state, reason))
    return tuple(found)


def called_function(state: State) -> str | None:
    """The name of the Lambda function that a Task invokes, where the definition says it."""
    if match := _FUNCTION_ARN.fullmatch(state.resource):
        return match[1]
    if not _INVOKE.fullmatch(state.resource):
        return None
    parameters: Json = state.raw.get("Parameters", state.raw.get("Arguments"))
    given = parameters.get("FunctionName") if isinstance(parameters, dict) else None
    if (
        not isinstance(given, str)
        or (match := _FUNCTION_ARN.fullmatch(given) or _NAME.fullmatch(given)) is None
    ):
        return None
    return match[1]
