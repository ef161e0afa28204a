"""Asks a stand-in for the answer to a task, and makes of it the task's result or failure."""

import json
import traceback
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import uuid4

import structlog
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name as names
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded

from handrail.core.json_text import json_bytes
from handrail.core.stand_ins.answers import NoAnswerLeft, answer_of
from handrail.core.stand_ins.mock_file import MockedResponses
from handrail.engine.errors import text_of
from handrail.engine.moto_patches.failures import failure
from handrail.engine.tracebacks import ENGINE_FILES
from handrail.engine.virtual_clock import clock

from .output_shapes import OutputChecks, output_problem
from .stand_in_visits import PythonStandIn, StandInVisit

log = structlog.get_logger(__name__)

_A_WHILE_S = 3600
_TIMEOUTS = {"States.Timeout", "States.HeartbeatTimeout"}


class StandInFailure(Exception):
    """Raised by a stand-in that its task is to fail with this error and cause."""

    def __init__(self, error: str, cause: str | None = None) -> None:
        super().__init__(cause or error)
        self.error, self.cause = error, cause


@dataclass(frozen=True, slots=True)
class StandInContext:
    """What a Python stand-in finds in its second argument. `task_token` is there for a task that
    waits for one and for an activity's: after `return context.LATER` the task waits until somebody
    settles it by that token."""

    LATER: ClassVar[object] = object()

    state: str
    visit: int
    attempt: int
    execution_arn: str
    task_token: str | None = field(repr=False)

    def failure(self, error: str, cause: str | None = None) -> Exception:
        """To be raised: the task fails with this error, whose name may have dots."""
        return StandInFailure(error, cause)


@dataclass(frozen=True, slots=True)
class CalledTask:
    """A task of the interpreter's. `kind` begins the names of its events: `task`, `lambdaFunction`
    or `activity`. `operation` is botocore's of the answer, None where it may be anything."""

    kind: str
    arguments: Any
    token: str | None = field(default=None, repr=False)
    resource: str | None = None
    resource_type: str | None = None
    invokes_function: bool = False
    operation: Any = None

    def failed(self, env: Any, error: str, cause: str | None) -> Exception:
        """To be raised: the interpreter's failure, with the event that AWS has for it."""
        timed_out = error in _TIMEOUTS
        what = f"{self.kind}{'TimedOut' if timed_out else 'Failed'}"
        said = {
            "resource": self.resource,
            "resourceType": self.resource_type,
            "error": error,
            "cause": cause,
        }
        details = {key: value for key, value in said.items() if value is not None}
        event_type = HistoryEventType(what[:1].upper() + what[1:])
        event = failure_event.FailureEvent(
            env, names.CustomErrorName(error), event_type, {f"{what}EventDetails": details}
        )
        return failure_event.FailureEventException(event)  # type: ignore[no-any-return] # no types


def answered(env: Any, visit: StandInVisit, task: CalledTask) -> Any:
    """The task's result, or StandInContext.LATER. Raises the interpreter's failure: the task's, or
    for a mistake in the stand-in itself States.Runtime, which no Catch takes."""
    stand_in, call = visit.stand_in, visit.call()
    if isinstance(stand_in, PythonStandIn):
        token = task.token
        execution = env.states.context_object.context_object_data["Execution"]["Id"]
        context = StandInContext(visit.state, call.visit, call.attempt, execution, token)
        result = _returned(env, stand_in, task, context)
        return result if result is StandInContext.LATER else _checked(env, visit, task, result)
    try:
        if isinstance(stand_in, MockedResponses):
            answer = stand_in.answer(call)
        else:
            answer = answer_of(stand_in, call)
    except NoAnswerLeft as error:
        raise mistake(env, visit, str(error)) from error
    if answer.never:
        raise _outlasted(env)
    if answer.failure is not None:
        raise task.failed(env, answer.failure.error, answer.failure.cause)
    return _checked(env, visit, task, json.loads(json_bytes(answer.result)))


def _outlasted(env: Any) -> Exception:
    """Waits until the attempt is over without an answer. To be raised: that it timed out, or, where
    something else ended what is around it, nothing that the history has."""
    while env.is_running():
        env.program_state_event.wait(_A_WHILE_S)
    if isinstance(env.program_state(), ProgramEnded):
        return TimeoutError("The task timed out.")
    return failure(env, "It was cut off.", located=False)  # type: ignore[no-any-return] # no types


def mistake(env: Any, visit: StandInVisit, what: str) -> Exception:
    """To be raised: nothing that the state's Retry or Catch takes."""
    sentence = f"The stand-in of the state '{visit.state}' {what}."
    return failure(env, sentence, located=False)  # type: ignore[no-any-return] # moto has no types


def _returned(env: Any, stand_in: PythonStandIn, task: CalledTask, context: StandInContext) -> Any:
    """What the function returns, as JSON reads it. Raises as `answered` does."""
    try:
        with clock.current().busy():
            result = stand_in.call(task.arguments, context)
    except StandInFailure as error:
        raise task.failed(env, error.error, error.cause) from error
    except BaseException as error:  # the function's, whatever it raised
        cause = _lambda_cause(error) if task.invokes_function else text_of(error)
        raise task.failed(env, type(error).__name__, cause) from error
    visit = env.stand_in_visit
    if result is StandInContext.LATER:
        if task.token is None:
            raise mistake(env, visit, f"({stand_in.name}) answers later a task that has no token")
        return result
    try:
        return json.loads(json.dumps(result, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"({stand_in.name}) returns what is no JSON: {error}"
        raise mistake(env, visit, problem) from error


def _lambda_cause(error: BaseException) -> str:
    """As Lambda words what a Python function raised."""
    frames = traceback.extract_tb(error.__traceback__)
    trace = traceback.format_list(
        [each for each in frames if not ENGINE_FILES.match(each.filename)]
    )
    said = {"errorMessage": text_of(error), "errorType": type(error).__name__}
    return json.dumps({**said, "requestId": str(uuid4()), "stackTrace": trace})


def _checked(env: Any, visit: StandInVisit, task: CalledTask, result: Any) -> Any:
    """The result, held against what the service answers. One of a MockConfigFile may be partial, as
    people's are: it is told once."""
    checks = visit.counts.checks
    if checks is OutputChecks.NONE or task.operation is None:
        return result
    problem = output_problem(result, task.operation, strict=checks is OutputChecks.STRICT)
    if problem is None:
        return result
    if not isinstance(visit.stand_in, MockedResponses):
        hint = "HANDRAIL_STAND_IN_CHECKS=none takes it all the same"
        raise mistake(env, visit, f"answers what the service doesn't: {problem} ({hint})")
    if visit.counts.doubted(visit.stand_in.name):
        fields = {"state": visit.state, "response": visit.stand_in.name, "problem": problem}
        log.warning("mocked response unlike the service's", **fields)
    return result
