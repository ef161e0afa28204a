"""Gives moto's interpreter an evaluator of JSONata, which it leaves empty.

An expression that can't be evaluated fails its state with States.QueryEvaluationError, as on AWS,
where moto ends the whole execution with States.Runtime."""

import json
import re
from collections import ChainMap
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType

from handrail.engine.jsonata.evaluation import QueryFailed, evaluate, reads_the_context
from handrail.engine.jsonata.exchange import UNDEFINED, NoJsonResult
from handrail.engine.step_functions.tracks import entered_event_id

from .failures import failure
from .field_locations import location
from .patches import Fault, replaces

FAULT = Fault(
    moto="JSONata isn't evaluated: the function that should is None, and of those that Step"
    " Functions adds two are texts that say they aren't there. Variables are pasted into the"
    " expression as text, so that a quote in one breaks it.",
    since="5.1.0",
    aws="AWS evaluates JSONata 2.0.6 with $partition, $range, $hash, $random, $uuid and $parse and"
    " without $eval; an expression that fails, gives nothing or gives a function fails its state"
    " with States.QueryEvaluationError, after an event EvaluationFailed.",
    known="AWS's page on transforming data, executions recorded on AWS, and measurements that users"
    " of another emulator published.",
)
_STRING = "component.common.string.string_expression"
_ERROR = "States.QueryEvaluationError"
_OF_STATES = re.compile(r"\$states\b(?:\.(\w+))?")
_WHERE = "An error occurred while executing the state"
# recordings show the event of these fields' failure beside the state's entry, not after it
_BEFORE_THE_ENTRY = ("Arguments", "Assign", "Items", "Output")


@replaces(f"{_STRING}:StringJSONata._eval_body", f"{_STRING}:StringVariableSample._eval_body")
def evaluate_or_fail(self: Any, env: Any) -> None:
    """moto evaluates nothing. An expression without a JSON value fails its state."""
    if reads_the_context(self.expression):
        raise _failure(env, self.expression, "threw an error during evaluation. $ can't be used")
    try:
        value = evaluate(self.expression, variables(env, self.expression))
    except QueryFailed as error:
        problem = f"threw an error during evaluation{error.ending}"
        raise _failure(env, self.expression, problem) from error
    except NoJsonResult as error:
        problem = "returned an unsupported result type."
        raise _failure(env, self.expression, problem) from error
    if value is UNDEFINED:
        raise _failure(env, self.expression, "returned nothing (undefined).")
    env.stack.append(value)


def variables(env: Any, expression: str) -> ChainMap[str, Any]:
    """By name, `states` among them with what the expression may read of it."""
    store, states = env.variable_store, env.states._states_data
    read = _OF_STATES.findall(expression)
    if all(read):
        states = {name: states[name] for name in read if name in states}
    return ChainMap({"states": states}, store._inner_scope, store._outer_scope)


def unexpected(env: Any, expression: str, value: Any, wanted: str, *, field: str = "") -> Any:
    """To be raised where the value is of another type than the field's."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    found = f"Expected '{wanted}', but was '{_type(value)}' for value: {text}"
    return _failure(env, expression, f"returned an unexpected result type. {found}", field)


def _type(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _failure(env: Any, expression: str, problem: str, field: str = "") -> Any:
    """To be raised: the evaluation's failure, which the history has by then."""
    where = field or location(env) or env.next_field_name
    cause = f"The JSONata expression '{expression}' specified for the field '{where}' {problem}"
    return evaluation_failed(env, cause, where)


def evaluation_failed(env: Any, cause: str, where: str) -> Any:
    """To be raised: a failure that the history has by then as EvaluationFailed. `where` is the
    field's path in the state, "" where it is none."""
    entry = _entry(env)
    cause = f"{_WHERE} '{env.next_state_name}' (entered at the event id #{entry['id']}). {cause}"
    details = {"error": _ERROR, "cause": cause, "state": env.next_state_name}
    details |= {"location": where} if where else {}
    context = env.event_history_context
    beside = not where or where.startswith(_BEFORE_THE_ENTRY)
    if beside and entry["id"] == context.source_event_id:
        context.source_event_id = entry["previousEventId"]
    env.event_manager.add_event(
        context, HistoryEventType.EvaluationFailed, {"evaluationFailedEventDetails": details}
    )
    return failure(env, cause, _ERROR, located=False)


def _entry(env: Any) -> Any:
    """The event of the state's entry."""
    return env.event_manager._history_event_list[entered_event_id(env.event_history_context) - 1]
