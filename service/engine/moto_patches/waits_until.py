"""Waits until a timestamp, or for a number of seconds."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from handrail.engine.choice_operators import instant

from .failures import failure
from .jsonata_evaluator import evaluation_failed, unexpected
from .patches import Fault, replaces, wraps

FAULT = Fault(
    moto="Moto compares a Wait's timestamp with local time, drops its fraction, knows no offset but"
    " Z, takes true for a number of seconds, and can't wait for longer than Python can.",
    since="5.0.16 or earlier",
    aws="A timestamp is an ISO-8601 extended offset date-time; what is none, or no such number of"
    " seconds, fails the state with States.Runtime in AWS's words. One in the past"
    " is not waited for.",
    known="Executions recorded on AWS.",
)
_WAIT = "component.state.wait.wait_function"
_LONGEST_S = 99_999_999
_FORMAT = "ISO-8601 extended offset date-time format string"


@replaces(f"{_WAIT}.timestamp:Timestamp._from_timestamp_string")
def read_timestamp(timestamp: str) -> datetime | None:
    """None for no timestamp."""
    return instant(timestamp)


@replaces(f"{_WAIT}.timestamp:Timestamp._get_wait_seconds")
def seconds_until(self: Any, env: Any) -> int:
    """Whole ones, until it is that late."""
    text = _value(self, self.string, env)
    until = instant(text) if isinstance(text, str) else None
    if until is None:
        raise _unreadable(self.string, text, env)
    return min(_LONGEST_S, math.ceil((until - datetime.now(UTC)).total_seconds()))


@replaces(f"{_WAIT}.seconds_path:SecondsPath._get_wait_seconds")
def seconds_at(self: Any, env: Any) -> int:
    """A whole number that isn't negative."""
    value = _value(self, self.string_sampler, env)
    shown = f"{self.string_sampler.literal_value} == {_shown(value)}"
    if isinstance(value, bool) or not isinstance(value, int):
        cause = f"The SecondsPath parameter cannot be parsed as a long value: {shown}"
        raise failure(env, cause)
    if value < 0:
        raise failure(env, f"The SecondsPath parameter references a negative value: {shown}")
    if value > _LONGEST_S:
        cause = f"The SecondsPath parameter references a value over {_LONGEST_S}: {shown}"
        raise failure(env, cause)
    return value


@wraps(f"{_WAIT}.seconds:Seconds.__init__")
def check_seconds(original: Callable[..., None], self: Any, seconds: int) -> None:
    """Raises ValueError, which refuses the definition."""
    original(self, seconds)
    if seconds > _LONGEST_S:
        raise ValueError(f"The Seconds of a Wait must not be over {_LONGEST_S}")


def _value(wait: Any, expression: Any, env: Any) -> Any:
    field = type(wait).__name__
    try:
        expression.eval(env=env)
    except NoSuchJsonPathError as error:
        cause = f"The {field} parameter does not reference an input value: {error.json_path}"
        raise failure(env, cause) from error
    return env.stack.pop()


def _unreadable(expression: Any, value: Any, env: Any) -> Any:
    """To be raised."""
    if not isinstance(expression, StringJSONata):
        field = "TimestampPath" if expression.literal_value.startswith("$") else "Timestamp"
        found = f"{expression.literal_value} == {_shown(value)}"
        return failure(env, f"The {field} parameter does not reference a valid {_FORMAT}: {found}")
    if not isinstance(value, str):
        return unexpected(env, expression.expression, value, "string")
    cause = f"The Timestamp field cannot be parsed as an {_FORMAT}: {_shown(value)}"
    return evaluation_failed(env, cause, "Timestamp")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
