"""Holds what an expression gives against the type of its field."""

import json
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata

from .jsonata_evaluator import evaluation_failed, unexpected
from .patches import Fault, replaces, wraps

FAULT = Fault(
    moto="What an expression gives for a number of seconds, an error or a cause is taken"
    " as it is, or ends the execution with Python's complaint.",
    since="5.1.0",
    aws="A value of another type fails the state with States.QueryEvaluationError, and so does a"
    " number of seconds that is no integer.",
    known="Executions recorded on AWS; for the numbers, the words of another emulator.",
)
_NO_ARRAY = "Map state input must be an array"
_MOST_SECONDS = 99_999_999
_TIMEOUTS = "component.common.timeouts"
_WAIT = "component.state.wait.wait_function"
_NUMBERS = {
    f"{_WAIT}.seconds:SecondsJSONata._get_wait_seconds": "Seconds",
    f"{_TIMEOUTS}.timeout:TimeoutSecondsJSONata._eval_seconds": "TimeoutSeconds",
    f"{_TIMEOUTS}.heartbeat:HeartbeatSecondsJSONata._eval_seconds": "HeartbeatSeconds",
    "component.state.exec.state_map.max_concurrency:MaxConcurrencyJSONata"
    "._eval_max_concurrency": "MaxConcurrency",
}


def _integer_of(field: str) -> Callable[[Any, Any], int]:
    def evaluate_number(self: Any, env: Any) -> int:
        """moto takes Python's `int` of whatever it is."""
        self.string_jsonata.eval(env=env)
        value = env.stack.pop()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise unexpected(env, self.string_jsonata.expression, value, "number", field=field)
        if value != int(value):
            problem = f"The {field} field cannot be parsed as an integer: {value}"
            raise evaluation_failed(env, problem, field)
        if not 0 <= value <= _MOST_SECONDS:
            problem = f"{field} must be between 0 and {_MOST_SECONDS} but was: {value}"
            raise evaluation_failed(env, problem, field)
        return int(value)

    return evaluate_number


for _place, _field in _NUMBERS.items():
    replaces(_place)(_integer_of(_field))


@wraps(
    "component.state.fail.error_decl:Error._eval_body",
    "component.state.fail.cause_decl:Cause._eval_body",
)
def evaluate_text(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto takes any value for a text."""
    original(self, env)
    if isinstance(self.string_expression, StringJSONata) and not isinstance(env.stack[-1], str):
        raise unexpected(env, self.string_expression.expression, env.stack[-1], "string")


@wraps("component.state.exec.state_map.items.items:ItemsJSONata._eval_body")
def evaluate_items(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto's failure doesn't know where it happened."""
    before = len(env.stack)
    try:
        original(self, env)
    except FailureEventException as error:
        if len(env.stack) == before:  # the expression itself failed
            raise
        found = env.stack[-1]
        raise unexpected(env, self.string_jsonata.expression, found, "array") from error


@wraps("component.state.exec.state_map.state_map:StateMap._eval_execution")
def map_input(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto tells Python's type of an input that is no array."""
    try:
        original(self, env)
    except FailureEventException as error:
        _, cause = error.extract_error_cause_pair() or (None, None)
        if not str(cause).startswith(_NO_ARRAY):
            raise
        given = json.dumps(env.states.get_input(), ensure_ascii=False, separators=(",", ":"))
        raise evaluation_failed(env, f"{_NO_ARRAY} but was: {given}", "") from error
