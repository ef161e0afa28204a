"""Reads values by JSONPath (Jayway's rules, which AWS follows) and variables, and fails with AWS's
errors where one can't be had or is of the wrong type.

A definite path, one that can find one place only, gives its value, or fails where nothing is
there; any other gives a list, of one or of none too. moto tells by what was found."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Any

from jsonpath_ng.jsonpath import Child, Fields, Index, Root
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError, parse

from .failures import failure, reason
from .patches import replaces, wraps

_FIELD = re.compile(
    r"(Input|Output|Items|Result|Seconds|Timestamp|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency"
    r"|Error|Cause)Path"
    r"|(?P<name>Output|Assign|Arguments|Items|ItemSelector|Parameters|ResultSelector|Credentials"
    r"|Seconds|Timestamp|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency|Condition|Error|Cause)"
    r"(Decl|Array|(String)?JSONata(TemplateValueObject)?)?"
)
_one_at_a_time = Lock()
_REGEX = re.compile(r"=~\s*/(?P<pattern>(?:[^/\\]|\\.)*)/(?P<flags>[a-z]*)")
_OPERATORS = "component.state.choice.comparison.operator.implementations"
_COMPARING = ("boolean_equals", "numeric", "string_operators", "timestamp_operators")
_TIMEOUTS = "component.common.timeouts"
_WAIT = "component.state.wait.wait_function"


@replaces(
    "component.common.string.string_expression:extract_json",
    "component.intrinsic.argument.argument:extract_json",
    "eval.states:extract_json",
    *(f"{_OPERATORS}.{module}:extract_json" for module in _COMPARING),
)
def extract(path: str, data: Any) -> Any:
    """Raises NoSuchJsonPathError for a definite path to nothing."""
    read = _parsed(path)
    found = [match.value for match in read.find(data)]
    if not _definite(read):
        return found
    if not found:
        raise NoSuchJsonPathError(json_path=path, data=data)
    return found[0]


@lru_cache(1024)
def _parsed(path: str) -> Any:
    with _one_at_a_time:  # its parser generator isn't said to be safe in threads
        return parse(_REGEX.sub(_as_text, path))


def _as_text(match: re.Match[str]) -> str:
    """`=~ /…/i` as moto's parser can read it. Jayway matches the whole value."""
    flags = "".join(flag for flag in match["flags"] if flag in "ims")
    pattern = match["pattern"].replace(r"\/", "/")
    return "=~ " + json.dumps(rf"\A(?{flags}:{pattern})\Z", ensure_ascii=False)


def _definite(path: Any) -> bool:
    if isinstance(path, Child):
        return _definite(path.left) and _definite(path.right)
    if isinstance(path, Fields):
        return len(path.fields) == 1
    return isinstance(path, Root) or (isinstance(path, Index) and len(path.indices) == 1)


@wraps("component.state.choice.comparison.comparison_func:ComparisonFuncValue._eval_body")
def compare_with_the_context(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto's operators read their path below the variable on the stack, never in the context."""
    path, is_path = self.value, str(self.operator_type).endswith("Path")
    if not (is_path and isinstance(path, str) and path.startswith("$$")):
        original(self, env)
        return
    variable = env.stack.pop()
    env.stack += [env.states.context_object.context_object_data, variable]
    original(type(self)(self.operator_type, path[1:]), env)
    del env.stack[-2]


@replaces("component.eval_component:EvalComponent._field_name")
def field(component: Any) -> str | None:
    """The field that the component is the value of, None inside one, where moto gives the class."""
    match = _FIELD.fullmatch(type(component).__name__)
    return match and (match["name"] or match[0])


@wraps("component.common.string.string_expression:StringIntrinsicFunction._eval_body")
def evaluate_intrinsic(original: Callable[..., None], self: Any, env: Any) -> None:
    """A function that fails is States.IntrinsicFailure, whatever its arguments made of it."""
    try:
        original(self, env)
    except (failure_event.FailureEventException, NoSuchJsonPathError):
        raise
    except Exception as error:
        function = self.intrinsic_function_derivation
        cause = f"The function '{function}' had the following error: {reason(env, error)}"
        raise failure(env, cause, "States.IntrinsicFailure") from error


@wraps("component.common.path.result_path:ResultPath._eval_body")
def put_result(original: Callable[..., None], self: Any, env: Any) -> None:
    """A place that can't be made in the input is States.ResultPathMatchFailure."""
    try:
        original(self, env)
    except Exception as error:  # jsonpath's, and Python's on types that hold nothing
        given = to_json_str(env.states.get_input())
        cause = f"The ResultPath '{self.result_path_src}' can't be applied to the input '{given}'"
        raise failure(env, cause, "States.ResultPathMatchFailure") from error


@wraps("component.common.path.items_path:ItemsPath._eval_body")
def read_items(original: Callable[..., None], self: Any, env: Any) -> None:
    """Items that are no array are States.Runtime."""
    original(self, env)
    if not isinstance(env.stack[-1], list):
        path = self.string_sampler.literal_value
        raise failure(env, f'Reference path "{path}" must point to array.')


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


@replaces(f"{_WAIT}.timestamp:Timestamp._get_wait_seconds")
def seconds_until(self: Any, env: Any) -> int:
    """Timestamps are waited for in UTC, where moto compares them with local time."""
    try:
        self.string.eval(env=env)
    except NoSuchJsonPathError as error:
        cause = f"The {field(self)} parameter does not reference an input value: {error.json_path}"
        raise failure(env, cause) from error
    text = env.stack.pop()
    until = self._from_timestamp_string(timestamp=text) if isinstance(text, str) else None
    if until is None:
        raise failure_event.FailureEventException(self._create_failure_event(env, text))
    return int((until.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds())


@replaces("utils.encoding:_DateTimeEncoder.__init__")
def encode_json_alone(self: Any, **options: Any) -> None:
    """NaN and Infinity, which are no JSON, fail their state; moto writes them into the history."""
    json.JSONEncoder.__init__(self, **options | {"allow_nan": False})
