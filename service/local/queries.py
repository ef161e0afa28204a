"""JSONata for moto's interpreter, whose own evaluator is an empty seam.

An expression that can't be evaluated fails its state with States.QueryEvaluationError, as on AWS,
where moto ends the whole execution with States.Runtime.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jsonata
from jsonata.parser import Parser
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.jsonata.jsonata import (
    IllegalJSONataVariableReference,
    JSONataException,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from .errors import text_of
from .jsonata_functions import FUNCTIONS

TIME_LIMIT_S = 10
UNUSABLE = {"$$"}
"""The variables that stand for the input of the whole wherever they are."""

_OF_THE_SAME_CONTEXT = (
    "lhs", "rhs", "expression", "expressions", "arguments", "procedure", "condition", "then",
    "_else", "body",
)  # fmt: skip

_TYPES: tuple[tuple[Any, str], ...] = (
    (bool, "boolean"),
    (int | float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (object, "null"),
)


def evaluated(expression: str, *, time_limit_s: float = TIME_LIMIT_S) -> Any:
    """The expression's value, None where it has none. Raises JSONataException, also for one that
    takes longer than the limit: a loop without an end."""
    try:
        parsed = jsonata.Jsonata(expression, timeout=round(time_limit_s * 1000))
        for name, function in FUNCTIONS.items():
            parsed.register_lambda(name, function)
        result = parsed.evaluate(None)
        # plain lists for the library's own kind
        return json.loads(json.dumps(result, allow_nan=False))
    except Exception as error:
        raise JSONataException("UNKNOWN", text_of(error)) from error


@lru_cache(1024)
def reads_the_context(expression: str) -> bool:
    """Whether `$` stands where it would be the input of the whole, which Step Functions forbids: in
    a predicate, or further along a path, it is the item at hand. False for what can't be parsed."""
    try:
        return _at_the_top(jsonata.Jsonata(expression).ast)
    except Exception:  # the evaluation's to report
        return False


def _at_the_top(node: Any) -> bool:
    if isinstance(node, list | tuple):
        return any(map(_at_the_top, node))
    if not isinstance(node, Parser.Symbol):
        return False
    if node.type == "path":
        return _at_the_top(node.steps[0])
    if node.type == "variable" and node.value == "":
        return True
    return any(_at_the_top(getattr(node, name, None)) for name in _OF_THE_SAME_CONTEXT)


def declarations(bindings: Mapping[str, Any]) -> str:
    """Variables as JSONata text; moto leaves the quotes inside a string as they are."""
    return "".join(f"{name}:={json.dumps(value)};" for name, value in bindings.items())


def no_declarations(variable_references: Any) -> str:
    """In the place of moto's own functions."""
    return ""


def failing_as_on_aws(evaluate: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Wraps how moto evaluates one JSONata string of a definition."""

    def evaluate_or_fail(self: Any, env: Any) -> None:
        try:
            if reads_the_context(self.expression):
                raise IllegalJSONataVariableReference("$")
            evaluate(self, env)
        except JSONataException as error:
            problem = f"threw an error during evaluation. {error.details}"
            raise failure(env, self.expression, problem) from error
        except IllegalJSONataVariableReference as error:
            problem = (
                f"threw an error during evaluation. {error.variable_reference} can't be used here"
            )
            raise failure(env, self.expression, problem) from error

    return evaluate_or_fail


def unexpected(env: Any, expression: str, value: Any, wanted: str) -> FailureEventException:
    """To be raised where the value is of another type than the field's."""
    found = next(name for kinds, name in _TYPES if isinstance(value, kinds))
    problem = (
        f"returned an unexpected result type. Expected '{wanted}', but was '{found}'"
        f" for value: {to_json_str(value, separators=(',', ':'))}"
    )
    return failure(env, expression, problem)


def failure(env: Any, expression: str, problem: str) -> FailureEventException:
    """To be raised: the evaluation's failure, which the history has by then."""
    name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    details = EvaluationFailedEventDetails(
        error=name.error_name,
        cause=f"The JSONata expression '{expression}' specified for the field"
        f" '{env.next_field_name}' {problem}",
    )
    raised = FailureEventException(
        FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details={"evaluationFailedEventDetails": details},
        )
    )
    env.event_manager.add_event(
        env.event_history_context,
        HistoryEventType.EvaluationFailed,
        {"evaluationFailedEventDetails": raised.get_evaluation_failed_event_details()},
    )
    return raised
