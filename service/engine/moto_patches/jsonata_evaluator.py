"""Evaluates JSONata for moto's interpreter, which leaves that empty, with the functions that Step
Functions adds to it and without $eval
(https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).

An expression that can't be evaluated fails its state with States.QueryEvaluationError, as on AWS,
where moto ends the whole execution with States.Runtime."""

import hashlib
import json
import math
import random
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jsonata
from jsonata.parser import Parser
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from handrail.engine.errors import text_of

from .failures import failure
from .patches import replaces, wraps

_ALGORITHMS = ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512")
_OF_THE_SAME_CONTEXT = (
    "lhs", "rhs", "expression", "expressions", "arguments", "procedure", "condition", "then",
    "_else", "body",
)  # fmt: skip
_STRING = "component.common.string.string_expression"

# `$` stands for the input of the whole in some places only: `reads_the_context` looks for those
replaces("jsonata.jsonata:_ILLEGAL_VARIABLE_REFERENCES")({"$$"})


@replaces("jsonata.jsonata:_eval_jsonata")
def evaluate(expression: str, *, time_limit_s: float = 10) -> Any:
    """The expression's value, or None. Raises JSONataException, also for an endless loop."""
    try:
        parsed = jsonata.Jsonata(expression, timeout=round(time_limit_s * 1000))
        for name, function in FUNCTIONS.items():
            parsed.register_lambda(name, function)
        # plain lists for the library's own kind
        return json.loads(json.dumps(parsed.evaluate(None), allow_nan=False))
    except Exception as error:
        raise moto_jsonata.JSONataException("UNKNOWN", text_of(error)) from error


@lru_cache(1024)
def reads_the_context(expression: str) -> bool:
    """True where `$` is the input of the whole, which Step Functions forbids, and not the item of a
    predicate or path. False for what can't be parsed."""
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


@replaces("eval.variable_store:encode_jsonata_variable_declarations")
def declarations(bindings: Mapping[str, Any]) -> str:
    """Variables as JSONata text; moto leaves the quotes inside a string as they are."""
    return "".join(f"{name}:={json.dumps(value)};" for name, value in bindings.items())


@replaces(f"{_STRING}:get_intrinsic_functions_declarations")
def no_declarations(variable_references: Any) -> str:
    """moto declares some functions in JSONata, two as a text that says they aren't there."""
    return ""


@wraps(f"{_STRING}:StringJSONata._eval_body")
def evaluate_or_fail(original: Callable[..., None], self: Any, env: Any) -> None:
    """An expression that can't be evaluated fails its state alone."""
    try:
        if reads_the_context(self.expression):
            raise moto_jsonata.IllegalJSONataVariableReference("$")
        original(self, env)
        return
    except moto_jsonata.JSONataException as error:
        raised, problem = error, error.details
    except moto_jsonata.IllegalJSONataVariableReference as error:
        raised, problem = error, f"{error.variable_reference} can't be used here"
    problem = f"threw an error during evaluation. {problem}"
    raise _failure(env, self.expression, problem) from raised


def unexpected(env: Any, expression: str, value: Any, wanted: str) -> Any:
    """To be raised where the value is of another type than the field's."""
    text = to_json_str(value, separators=(",", ":"))
    found = f"Expected '{wanted}', but was '{evaluate(f'$type({text})')}' for value: {text}"
    return _failure(env, expression, f"returned an unexpected result type. {found}")


def _failure(env: Any, expression: str, problem: str) -> Any:
    """To be raised: the evaluation's failure, which the history has by then."""
    field = f"The JSONata expression '{expression}' specified for the field '{env.next_field_name}'"
    cause = f"{field} {problem}"
    kind = HistoryEventType.EvaluationFailed
    raised = failure(env, cause, "States.QueryEvaluationError", located=False, event_type=kind)
    details = {"evaluationFailedEventDetails": raised.get_evaluation_failed_event_details()}
    env.event_manager.add_event(env.event_history_context, kind, details)
    return raised


def digest(value: Any, algorithm: str) -> str:
    """The digest in hexadecimal digits, of a text or of JSON written without white space."""
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"$hash knows {', '.join(_ALGORITHMS)}, not {algorithm}")
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    name = algorithm.replace("-", "").lower()
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def random_number(seed: Any = None) -> float:
    """From 0 on and below 1; by the same seed the same, the one java.util.Random draws first."""
    if seed is None:
        return random.random()  # noqa: S311 no secret
    state, drawn = int(seed) ^ 0x5DEECE66D, 0
    for bits in (26, 27):
        state = (state * 0x5DEECE66D + 0xB) % (1 << 48)
        drawn = (drawn << bits) + (state >> (48 - bits))
    return drawn / (1 << 53)


def number_range(first: float, last: float, step: float) -> list[float]:
    """From the first to the last one included."""
    if not step:
        raise ValueError("$range needs a step other than 0")
    return [first + step * index for index in range(max(0, math.floor((last - first) / step) + 1))]


def partition(array: Any, size: int) -> list[list[Any]]:
    items = array if isinstance(array, list) else [array]
    if size < 1:
        raise ValueError("$partition needs a size above 0")
    return [items[start : start + size] for start in range(0, len(items), size)]


def refuse_eval(*_: Any) -> Any:
    raise ValueError("$eval is not available: $parse reads JSON")


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "hash": digest,
    "uuid": lambda: str(uuid.uuid4()),
    "random": random_number,
    "range": number_range,
    "partition": partition,
    "parse": json.loads,
    "eval": refuse_eval,
}
