"""Compares in Choices as the States Language says."""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.component.state.choice.comparison import comparison_func
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from handrail.engine.choice_operators import MISSING, holds

from .failures import failure
from .jsonpath_of_one_match import extract
from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto takes a rule that reads what isn't there as one that doesn't fit, ends the execution"
    " with a TypeError where a path leads to a value of another type, matches texts as a shell"
    " does, knows whole seconds in UTC alone, and no path into the context object on a rule's"
    " right.",
    since="5.0.16 or earlier",
    aws="A rule that reads what isn't there fails the state, but for IsPresent; values of different"
    " types don't fit. In StringMatches `*` alone is special, and `\\` escapes it and itself."
    " Timestamps are RFC 3339, with fractions and offsets.",
    known="The Amazon States Language specification, and executions recorded on AWS.",
)
_INVALID = "The choice state's condition path references an invalid value."


@replaces("component.state.choice.comparison.comparison_variable:ComparisonVariable._eval_body")
def compare(self: Any, env: Any) -> None:
    """Leaves true or false on the stack, above the input."""
    test, sampler = self.comparison_function, self.variable.string_sampler
    name = test.operator_type.name
    variable = _variable(sampler, env)
    if variable is MISSING and name != "IsPresent":
        raise failure(env, f"Invalid path '{sampler.literal_value}': {_INVALID}")
    operand = _operand(test, env) if name.endswith("Path") else test.value
    env.stack.append(holds(name.removesuffix("Path"), variable, operand))


def _variable(sampler: Any, env: Any) -> Any:
    """MISSING too for a path into what can't be read at all."""
    try:
        sampler.eval(env=env)
    except (NoSuchJsonPathError, failure_event.FailureEventException):
        return MISSING
    return env.stack.pop()


def _operand(test: Any, env: Any) -> Any:
    if isinstance(test, comparison_func.ComparisonFuncStringVariableSample):
        test.string_variable_sample.eval(env=env)
        return env.stack.pop()
    path, data = test.value, env.stack[-1]
    if path.startswith("$$"):
        path, data = path[1:], env.states.context_object.context_object_data
    try:
        return extract(path, data)
    except NoSuchJsonPathError as error:
        raise failure(env, f"Invalid path '{test.value}': {_INVALID}") from error
