"""Reads what TestState is asked, and refuses what AWS refuses, in its words where they are known
(https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handrail.core.definition.definition import Definition, QueryLanguage, State
from handrail.core.errors import InvalidDefinition
from handrail.core.limits import MAX_DEFINITION
from handrail.core.models import Json
from handrail.core.stand_ins.answers import Answer
from handrail.engine.errors import AwsError
from handrail.engine.service_models import operation_model
from handrail.engine.step_functions import request_rules
from handrail.engine.step_functions.request_rules import Request

from .given_context import read_context
from .mock_shapes import mock_problem

UNNAMED = "StateName"
"""What AWS calls a state that is given alone."""
LEVELS = "INFO", "DEBUG", "TRACE"
_MODES = "STRICT", "PRESENT", "NONE"
_CONTAINERS = {"Map", "Parallel"}
_NEVER_MOCKED = {"Pass", "Fail", "Succeed"}
_SERVICE = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(?:aws-sdk:)?([^:.]+):([^:.]+)(?:\.(.+))?")
_NO_MODEL = {"apigateway", "http"}


@dataclass(frozen=True, slots=True)
class TestedState:
    """`definition` has the state alone, and an end for each state that it leads to."""

    __test__ = False  # no test of pytest's

    name: str
    raw: Mapping[str, Json]
    jsonata: bool
    definition: str
    input: str
    role_arn: str | None
    level: str
    variables: Mapping[str, Json]
    context: Mapping[str, Json] | None
    mock: Answer | None
    attempts: int


def read_tested_state(request: Request) -> TestedState:
    """Raises InvalidDefinition and ValidationException."""
    state = _state(request)
    configuration = request.get("stateConfiguration") or {}
    mock = _mock(request, state, configuration)
    if state.type == "Task" and mock is None:
        _check_runs(request, state)
    input = request.get("input") or "{}"
    title = "Invalid State Machine Execution Input"
    request_rules.check_json(input, "input", "InvalidExecutionInput", title)
    level = request.get("inspectionLevel") or "INFO"
    if level not in LEVELS:
        raise _invalid(f"inspectionLevel must be one of {', '.join(LEVELS)}")
    return TestedState(
        state.name,
        state.raw,
        state.query_language is QueryLanguage.JSONATA,
        _alone(state),
        input,
        request.get("roleArn"),
        level,
        _object(request, "variables"),
        _context(request, state),
        mock,
        configuration.get("retrierRetryCount") or 0,
    )


def _state(request: Request) -> State:
    text = request_rules.required(request, "definition", most=MAX_DEFINITION)
    name = request.get("stateName")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused(f"INVALID_JSON_DESCRIPTION: {error}") from error
    if name is None:
        if not isinstance(raw, dict) or "Type" not in raw:
            problem = "a state has a Type; for a state of a whole definition give its stateName"
            raise _refused(f"SCHEMA_VALIDATION_FAILED: {problem}")
        text = json.dumps({"StartAt": UNNAMED, "States": {UNNAMED: raw}})
    try:
        states = Definition.parse(text).states
    except InvalidDefinition as error:
        raise _refused(f"SCHEMA_VALIDATION_FAILED: {error.detail}") from error
    if (name or UNNAMED) not in states:
        raise _invalid("State not found in definition")
    state = states[name or UNNAMED]
    if state.type in _CONTAINERS and not request.get("mock"):
        supported = "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
        problem = f"TestState API does not support Map or Parallel states. {supported}"
        raise AwsError("InvalidDefinition", problem)
    return state


def _alone(state: State) -> str:
    ends = {to.state: {"Type": "Succeed"} for to in state.transitions if to.state != state.name}
    language = state.query_language.value
    whole = {
        "QueryLanguage": language,
        "StartAt": state.name,
        "States": {**ends, state.name: state.raw},
    }
    return json.dumps(whole, ensure_ascii=False)


def _check_runs(request: Request, state: State) -> None:
    if not request.get("roleArn"):
        raise _invalid("RoleArn must be specified when testing a Task state")
    match = _SERVICE.fullmatch(state.resource)
    if match and match[3]:
        raise _invalid(f"A Task state with the .{match[3]} pattern can't be tested without a mock")
    if ":activity:" in state.resource:
        raise _invalid("A Task state of an activity can't be tested without a mock")


def _mock(request: Request, state: State, configuration: Mapping[str, Json]) -> Answer | None:
    mock = request.get("mock")
    failures = configuration.get("mapIterationFailureCount")
    if failures is not None and not mock:
        problem = "MapIterationFailureCount when a mock is not specified."
        raise _invalid(f"TestState does not support {problem}")
    if not mock:
        return None
    if state.type in _NEVER_MOCKED:
        raise _invalid(f"State type '{state.type}' is not supported when a mock is specified")
    if request.get("revealSecrets"):
        raise _invalid("TestState does not support RevealSecrets when a mock is specified.")
    if {"result", "errorOutput"} <= mock.keys():
        only = "[result, errorOutput]"
        raise _invalid(f"A test mock should have only one of the following fields: {only}.")
    if (failed := mock.get("errorOutput")) is not None:
        return Answer.failing(failed.get("error") or "", failed.get("cause"))
    try:
        result = json.loads(mock.get("result") or "")
    except ValueError as error:
        raise _invalid("Mocked result must be valid JSON") from error
    _check_result(result, state, mock.get("fieldValidationMode") or "STRICT")
    if failures and _too_many(failures, result, state):
        cause = "The specified tolerated failure threshold was exceeded"
        return Answer.failing("States.ExceedToleratedFailureThreshold", cause)
    return Answer.of(result)


def _check_result(result: Json, state: State, mode: str) -> None:
    if mode not in _MODES:
        raise _invalid(f"fieldValidationMode must be one of {', '.join(_MODES)}")
    if state.type == "Map":
        wanted = (dict, "a JSON object") if "ResultWriter" in state.raw else (list, "an array")
        if not isinstance(result, wanted[0]):
            raise _invalid(f"Mocked result must be {wanted[1]}.")
    if state.type == "Parallel":
        branches = state.raw.get("Branches") or ()
        if not isinstance(result, list):
            raise _invalid("Mocked result must be an array.")
        if len(result) != len(branches):
            number = "the same number of items as number of Parallel branches"
            raise _invalid(f"Mocked result must contain {number}.")
    match = _SERVICE.fullmatch(state.resource)
    if state.type != "Task" or mode == "NONE" or match is None or match[1] in _NO_MODEL or match[3]:
        return
    operation: Any = operation_model(match[1], match[2])
    shape = operation and operation.output_shape
    if problem := mock_problem(result, shape, strict=mode == "STRICT"):
        raise _invalid(f"Mock result schema validation error: {problem}")


def _too_many(failures: int, result: Json, state: State) -> bool:
    """A Map that tells no tolerance is given its result whatever failed, as AWS does."""
    if isinstance(result, list) and failures > len(result):
        most = "must be less than or equal to the number of Map iterations"
        raise _invalid(f"Map iteration failure count {most}")
    count, percentage = (
        state.raw.get(f"ToleratedFailure{name}") for name in ("Count", "Percentage")
    )
    total = len(result) if isinstance(result, list) else failures
    return bool(
        (isinstance(count, int) and failures > count)
        or (isinstance(percentage, int | float) and failures * 100 > percentage * total)
    )


def _context(request: Request, state: State) -> Mapping[str, Json] | None:
    if (text := request.get("context")) is None:
        return None
    context = read_context(text)
    if "Task" in context and not state.resource.endswith((".sync", ".sync:2", ".waitForTaskToken")):
        pattern = "a '.sync' or '.waitForTaskToken' service integration pattern"
        problem = f"Context object contains 'Task' when state is not a Task state with {pattern}"
        raise _invalid(f"Invalid Context object provided: {problem}")
    return context


def _object(request: Request, field: str) -> Mapping[str, Json]:
    try:
        value = json.loads(request.get(field) or "{}")
    except ValueError as error:
        raise _invalid(f"{field} must be valid JSON") from error
    if not isinstance(value, dict):
        raise _invalid(f"{field} must be a JSON object")
    return value


def _invalid(problem: str) -> AwsError:
    return AwsError("ValidationException", problem)


def _refused(problem: str) -> AwsError:
    return AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{problem}'")
