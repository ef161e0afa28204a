"""Values that can't be had or are of the wrong type.

Where moto raises whatever Python says, AWS has an error of its own: States.IntrinsicFailure,
States.ResultPathMatchFailure, States.QueryEvaluationError, and States.Runtime for the rest.
Timestamps are waited for in UTC, where moto compares them with local time. NaN and Infinity are no
JSON: they fail the state that has them, where moto writes them into the history.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.path.items_path import ItemsPath
from moto.stepfunctions.parser.asl.component.common.path.result_path import ResultPath
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringIntrinsicFunction,
)
from moto.stepfunctions.parser.asl.component.common.timeouts.heartbeat import (
    HeartbeatSecondsJSONata,
    HeartbeatSecondsPath,
)
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import (
    TimeoutSecondsJSONata,
    TimeoutSecondsPath,
)
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.exec.state_map.max_concurrency import (
    MaxConcurrencyJSONata,
)
from moto.stepfunctions.parser.asl.component.state.fail.cause_decl import Cause
from moto.stepfunctions.parser.asl.component.state.fail.error_decl import Error
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.seconds import SecondsJSONata
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
from moto.stepfunctions.parser.asl.utils.encoding import _DateTimeEncoder, to_json_str
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from service.local import queries

from .failures import failure, reason
from .seam import Seam

_INTRINSIC = StatesErrorNameType.StatesIntrinsicFailure
_NO_MATCH = StatesErrorNameType.StatesResultPathMatchFailure
_FIELD = re.compile(
    r"(Input|Output|Items|Result|Seconds|Timestamp|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency"
    r"|Error|Cause)Path"
    r"|(?P<name>Output|Assign|Arguments|Items|ItemSelector|Parameters|ResultSelector|Credentials"
    r"|Seconds|Timestamp|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency|Condition|Error|Cause)"
    r"(Decl|Array|(String)?JSONata(TemplateValueObject)?)?"
)

Evaluate = Callable[[Any, Any], Any]


def field(component: Any) -> str | None:
    """The field a part of moto's is the value of, None for a part inside one."""
    match = _FIELD.fullmatch(type(component).__name__)
    return match and (match["name"] or match[0])


def _computed(evaluate: Evaluate) -> Evaluate:
    def intrinsic(self: Any, env: Any) -> None:
        try:
            evaluate(self, env)
        except (FailureEventException, NoSuchJsonPathError):
            raise
        except Exception as error:  # a function's own, whatever its arguments made of it
            function = self.intrinsic_function_derivation
            cause = f"The function '{function}' had the following error: {reason(env, error)}"
            raise failure(env, cause, _INTRINSIC) from error

    return intrinsic


def _put(evaluate: Evaluate) -> Evaluate:
    def result_path(self: Any, env: Any) -> None:
        try:
            evaluate(self, env)
        except Exception as error:  # jsonpath's, and Python's on types that hold nothing
            given = to_json_str(env.states.get_input())
            cause = (
                f"The ResultPath '{self.result_path_src}' can't be applied to the input '{given}'"
            )
            raise failure(env, cause, _NO_MATCH) from error

    return result_path


def _an_array(evaluate: Evaluate) -> Evaluate:
    def items_path(self: Any, env: Any) -> None:
        evaluate(self, env)
        if not isinstance(env.stack[-1], list):
            path = self.string_sampler.literal_value
            raise failure(env, f'Reference path "{path}" must point to array.')

    return items_path


def _a_number(self: Any, env: Any) -> int:
    self.string_jsonata.eval(env=env)
    value = env.stack.pop()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise queries.unexpected(env, self.string_jsonata.expression, value, "number")
    return int(value)


def _positive(evaluate: Evaluate) -> Evaluate:
    def seconds(self: Any, env: Any) -> int:
        try:
            value = evaluate(self, env)
        except (TypeError, ValueError):
            value = None
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        path = self.string_sampler.literal_value
        cause = f"The {field(self)} parameter does not reference a positive integer: {path}"
        raise failure(env, cause)

    return seconds


def _a_text(evaluate: Evaluate) -> Evaluate:
    def error_or_cause(self: Any, env: Any) -> None:
        evaluate(self, env)
        if not isinstance(env.stack[-1], str):
            path = self.string_expression.literal_value
            raise failure(env, f"The {field(self)} parameter does not reference a string: {path}")

    return error_or_cause


def _seconds_until(self: Any, env: Any) -> int:
    try:
        self.string.eval(env=env)
    except NoSuchJsonPathError as error:
        cause = f"The {field(self)} parameter does not reference an input value: {error.json_path}"
        raise failure(env, cause) from error
    text = env.stack.pop()
    until = self._from_timestamp_string(timestamp=text) if isinstance(text, str) else None
    if until is None:
        raise FailureEventException(self._create_failure_event(env, text))
    return int((until.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds())


class _OnlyJson(json.JSONEncoder):
    """In the place of the one class whose `__init__` it is."""

    def __init__(self, **options: Any) -> None:
        json.JSONEncoder.__init__(self, **options | {"allow_nan": False})


SEAMS: tuple[Seam, ...] = (
    (_DateTimeEncoder, "__init__", _OnlyJson.__init__),
    (EvalComponent, "_field_name", field),
    (StringIntrinsicFunction, "_eval_body", _computed(StringIntrinsicFunction._eval_body)),
    (ResultPath, "_eval_body", _put(ResultPath._eval_body)),
    (ItemsPath, "_eval_body", _an_array(ItemsPath._eval_body)),
    (SecondsJSONata, "_get_wait_seconds", _a_number),
    (TimeoutSecondsJSONata, "_eval_seconds", _a_number),
    (HeartbeatSecondsJSONata, "_eval_seconds", _a_number),
    (MaxConcurrencyJSONata, "_eval_max_concurrency", _a_number),
    (TimeoutSecondsPath, "_eval_seconds", _positive(TimeoutSecondsPath._eval_seconds)),
    (HeartbeatSecondsPath, "_eval_seconds", _positive(HeartbeatSecondsPath._eval_seconds)),
    (Error, "_eval_body", _a_text(Error._eval_body)),
    (Cause, "_eval_body", _a_text(Cause._eval_body)),
    (Timestamp, "_get_wait_seconds", _seconds_until),
)
