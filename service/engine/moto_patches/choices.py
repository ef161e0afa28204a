"""Compares texts and times in Choices, and fails a Choice without a rule that fits (with AWS's
States.Runtime, not the language's States.NoChoiceMatched), one that reads what isn't there, and a
condition that is no boolean."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.component.state.choice.comparison.variable import NoSuchVariable
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from .failures import failure
from .jsonata_evaluator import unexpected
from .patches import replaces, wraps

_NO_NEXT = "Failed to transition out of the state. The state does not point to a next state."
_INVALID_PATH = "The choice state's condition path references an invalid value."
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ESCAPED = re.compile(r"\\(.)|(\*)|(.)", re.DOTALL)
_COMPARISON = "component.state.choice.comparison"


@wraps("component.state.choice.state_choice:StateChoice._eval_state")
def choose(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto ends the execution with a RuntimeError's repr where no rule fits."""
    try:
        original(self, env)
    except RuntimeError as error:
        if str(error.args[0]).startswith("No branching option reached"):
            raise failure(env, _NO_NEXT) from error
        raise


@replaces(f"{_COMPARISON}.variable:Variable._eval_body")
def read_variable(self: Any, env: Any) -> None:
    """moto takes a path that can't be read at all as one that finds nothing."""
    try:
        self.string_sampler.eval(env=env)
    except (NoSuchJsonPathError, failure_event.FailureEventException):
        env.stack.append(NoSuchVariable(self.string_sampler.literal_value))


@replaces(f"{_COMPARISON}.comparison_variable:ComparisonVariable._eval_body")
def compare(self: Any, env: Any) -> None:
    """moto takes a rule that reads what isn't there as one that doesn't fit."""
    self.variable.eval(env)
    test = self.comparison_function
    missing = isinstance(env.stack[-1], NoSuchVariable)
    path = self.variable.string_sampler.literal_value
    if missing and test.operator_type.name != "IsPresent":
        raise failure(env, f"Invalid path '{path}': {_INVALID_PATH}")
    try:
        test.eval(env)
    except NoSuchJsonPathError as error:
        raise failure(env, f"Invalid path '{error.json_path}': {_INVALID_PATH}") from error


@replaces(f"{_COMPARISON}.comparison:ConditionStringJSONata._eval_body")
def decide(self: Any, env: Any) -> None:
    """moto ends the execution with a RuntimeError's repr where a condition is no boolean."""
    self.string_jsonata.eval(env=env)
    if not isinstance(env.stack[-1], bool):
        raise unexpected(env, self.string_jsonata.expression, env.stack[-1], "boolean")


@replaces(f"{_COMPARISON}.operator.implementations.string_operators:StringMatches._compare")
def matches(variable: Any, pattern: str) -> bool:
    """`*` stands for any characters, `\\*` and `\\\\` are escapes; moto matches as a shell does."""
    if not isinstance(variable, str):
        return False
    found = _ESCAPED.findall(pattern)
    parts = (".*" if star else re.escape(escaped or plain) for escaped, star, plain in found)
    return re.fullmatch("".join(parts), variable, re.DOTALL) is not None


@replaces(f"{_COMPARISON}.operator.implementations.is_operator:IsTimestamp.string_to_timestamp")
def instant(text: str) -> datetime | None:
    """None for no timestamp. moto knows whole seconds in UTC, not RFC 3339's fractions, offsets."""
    with suppress(ValueError):
        return datetime.fromisoformat(text) if _RFC3339.fullmatch(text) else None
    return None
