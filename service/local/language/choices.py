"""Choices: no rule fits, a rule reads what isn't there, a condition is no boolean.

moto ends the execution with a RuntimeError's repr in the first and last case, and takes the rule
as not fitting in the second. On AWS each fails the state; the first two with States.Runtime and
these words, although the language's specification says States.NoChoiceMatched.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison import (
    ConditionStringJSONata,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_operator_type import (  # noqa: E501
    ComparisonOperatorType,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_variable import (
    ComparisonVariable,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.variable import (
    NoSuchVariable,
    Variable,
)
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from service.local import queries

from .failures import failure
from .seam import Seam

_NO_NEXT = "Failed to transition out of the state. The state does not point to a next state."
_choose = StateChoice._eval_state


def _chosen(self: Any, env: Any) -> None:
    try:
        _choose(self, env)
    except RuntimeError as error:
        if str(error.args[0]).startswith("No branching option reached"):
            raise failure(env, _NO_NEXT) from error
        raise


def _sampled(self: Any, env: Any) -> None:
    """moto takes a path that can't be read at all as one that finds nothing."""
    try:
        self.string_sampler.eval(env=env)
    except (NoSuchJsonPathError, FailureEventException):  # the latter in the context object
        env.stack.append(NoSuchVariable(self.string_sampler.literal_value))


def _compared(self: Any, env: Any) -> None:
    self.variable.eval(env)
    test = self.comparison_function
    missing = isinstance(env.stack[-1], NoSuchVariable)
    if missing and test.operator_type is not ComparisonOperatorType.IsPresent:
        raise _invalid_path(env, self.variable.string_sampler.literal_value)
    try:
        test.eval(env)
    except NoSuchJsonPathError as error:
        raise _invalid_path(env, error.json_path) from error


def _invalid_path(env: Any, path: str) -> FailureEventException:
    return failure(
        env,
        f"Invalid path '{path}': The choice state's condition path references an invalid value.",
    )


def _decided(self: Any, env: Any) -> None:
    self.string_jsonata.eval(env=env)
    if not isinstance(env.stack[-1], bool):
        raise queries.unexpected(env, self.string_jsonata.expression, env.stack[-1], "boolean")


SEAMS: tuple[Seam, ...] = (
    (StateChoice, "_eval_state", _chosen),
    (Variable, "_eval_body", _sampled),
    (ComparisonVariable, "_eval_body", _compared),
    (ConditionStringJSONata, "_eval_body", _decided),
)
