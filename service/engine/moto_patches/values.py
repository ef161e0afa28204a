"""Reads values by JSONPath (Jayway's rules, which AWS follows) and variables, and fails with AWS's
errors where one can't be had or is of the wrong type.

A definite path, one that can find one place only, gives its value, or fails where nothing is
there; any other gives a list, of one or of none too. moto tells by what was found."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from .failures import failure, reason
from .jsonata_evaluator import unexpected
from .patches import replaces, wraps

_FIELD = re.compile(
    r"(Input|Output|Items|Result|Seconds|Timestamp|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency"
    r"|Error|Cause)Path"
    r"|(?P<name>Output|Assign|Arguments|Items|ItemSelector|Parameters|ResultSelector|Credentials"
    r"|Seconds|Timestamp|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency|Condition|Error|Cause)"
    r"(Decl|Array|(String)?JSONata(TemplateValueObject)?)?"
)
_TIMEOUTS = "component.common.timeouts"
_WAIT = "component.state.wait.wait_function"


@replaces("component.eval_component:EvalComponent._field_name")
def field(component: Any) -> str | None:
    """The field that the component is the value of, None inside one, where moto gives the class."""
    match = _FIELD.fullmatch(type(component).__name__)
    return match and (match["name"] or match[0])


@wraps("component.common.string.string_expression:StringIntrinsicFunction._eval_body")
def evaluate_intrinsic(original: Callable[..., None], self: Any, env: Any) -> None:
    """A function that fails is States.IntrinsicFailure, whatever its arguments made of it."""
    told = f"The function '{self.intrinsic_function_derivation}' had the following error:"
    try:
        original(self, env)
    except failure_event.FailureEventException:
        raise
    except NoSuchJsonPathError as error:
        missing = f"The JsonPath argument for the field '{error.json_path}' could not be found"
        given = to_json_str(env.stack[-1])
        raise failure(env, f"{told} {missing} in the input '{given}'") from error
    except Exception as error:
        raise failure(env, f"{told} {reason(env, error)}", "States.IntrinsicFailure") from error


@wraps("component.common.path.items_path:ItemsPath._eval_body")
def read_items(original: Callable[..., None], self: Any, env: Any) -> None:
    """Items that are no array are States.Runtime."""
    original(self, env)
    if not isinstance(env.stack[-1], list):
        path = self.string_sampler.literal_value
        raise failure(env, f'Reference path "{path}" must point to array.')


@replaces(
    f"{_WAIT}.seconds:SecondsJSONata._get_wait_seconds",
    f"{_TIMEOUTS}.timeout:TimeoutSecondsJSONata._eval_seconds",
    f"{_TIMEOUTS}.heartbeat:HeartbeatSecondsJSONata._eval_seconds",
    "component.state.exec.state_map.max_concurrency:MaxConcurrencyJSONata._eval_max_concurrency",
)
def evaluate_number(self: Any, env: Any) -> int:
    """What is no number is States.QueryEvaluationError."""
    self.string_jsonata.eval(env=env)
    value = env.stack.pop()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unexpected(env, self.string_jsonata.expression, value, "number")
    return int(value)


@wraps(
    f"{_TIMEOUTS}.timeout:TimeoutSecondsPath._eval_seconds",
    f"{_TIMEOUTS}.heartbeat:HeartbeatSecondsPath._eval_seconds",
)
def read_seconds(original: Callable[..., int], self: Any, env: Any) -> int:
    """Seconds that are no positive integer are States.Runtime."""
    try:
        value = original(self, env)
    except (TypeError, ValueError):
        value = None
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    path = self.string_sampler.literal_value
    cause = f"The {field(self)} parameter does not reference a positive integer: {path}"
    raise failure(env, cause)


@wraps(
    "component.state.fail.error_decl:Error._eval_body",
    "component.state.fail.cause_decl:Cause._eval_body",
)
def read_text(original: Callable[..., None], self: Any, env: Any) -> None:
    """An Error or Cause that is no text is States.Runtime."""
    original(self, env)
    if not isinstance(env.stack[-1], str):
        path = self.string_expression.literal_value
        raise failure(env, f"The {field(self)} parameter does not reference a string: {path}")


@replaces("utils.encoding:_DateTimeEncoder.__init__")
def encode_json_alone(self: Any, **options: Any) -> None:
    """NaN and Infinity, which are no JSON, fail their state; moto writes them into the history."""
    json.JSONEncoder.__init__(self, **options | {"allow_nan": False})


@wraps("component.common.assign.assign_decl:AssignDecl._eval_body")
def assign(original: Callable[..., None], self: Any, env: Any) -> None:
    """What a state assigns is seen by the next one, not by its own Output; moto assigns first."""
    before = copy.copy(env.variable_store)
    before._inner_scope = dict(before._inner_scope)
    before._declaration_tracing = set()
    original(self, env)
    env.variables_before = (_visit(env), before)


@wraps("component.common.outputdecl:Output._eval_body")
def evaluate_output(original: Callable[..., None], self: Any, env: Any) -> None:
    """Output is evaluated with the variables as they were when the state was entered."""
    now = env.variable_store
    visit, before = getattr(env, "variables_before", (None, None))
    env.variable_store = before if visit is _visit(env) else now
    try:
        original(self, env)
    finally:
        env.variable_store = now


def _visit(env: Any) -> Any:
    """What is made anew as a state is entered."""
    return env.states.context_object.context_object_data["State"]
