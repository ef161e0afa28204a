"""Has moto's interpreter ask stand-ins, for any Task whatever its resource. The events are those of
the task itself.

moto has a mock mode for MockConfigFile, fed with nothing: it chooses responses by the retry alone,
has none for activities, gives functions the events of a service's task when they fail, and gives
the mock no arguments. Here its `mock_test_case`, which moto hands on to every branch and iteration,
is an ExecutionStandIns."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.eval.callback import callback

from handrail.core.definition.engine_support import why_not
from handrail.engine.errors import NotRun
from handrail.engine.moto_patches.patches import replaces, wraps
from handrail.engine.service_models import operation_model
from handrail.engine.step_functions.waiting_tasks import WaitingTask

from .calling import CalledTask, StandInContext, answered
from .stand_in_visits import StandInVisit

_EXEC = "component.state.exec"
_TASK = f"{_EXEC}.state_task"
_NO_SERVICES = {"apigateway", "http"}


@wraps(f"{_EXEC}.execute_state:ExecutionState._eval_state")
def enter_state(original: Callable[..., None], self: Any, env: Any) -> None:
    """One visit, whatever it takes of attempts."""
    known = env.mock_test_case is not None and isinstance(self, StateTask)
    env.stand_in_visit = env.mock_test_case.enter(self.name) if known else None
    original(self, env)


@wraps("eval.environment:Environment.open_frame")
def open_frame(original: Callable[..., Any], self: Any, *given: Any, **named: Any) -> Any:
    """An attempt belongs to the visit."""
    frame = original(self, *given, **named)
    frame.stand_in_visit = _visit(self)
    return frame


@replaces("eval.environment:Environment.is_mocked_mode")
def has_stand_in(self: Any) -> bool:
    """moto looks for the state's name alone, and skips waiting where this is true."""
    return _visit(self) is not None


def _visit(env: Any) -> StandInVisit | None:
    visit: StandInVisit | None = getattr(env, "stand_in_visit", None)
    return visit


@wraps(f"{_TASK}.service.state_task_service:StateTaskService._eval_execution")
def answer_service_task(original: Callable[..., None], self: Any, env: Any) -> None:
    """As moto's, with the stand-in's answer for the service's."""
    if (visit := _visit(env)) is None:
        original(self, env)
        return
    self.resource.eval(env=env)
    runtime_part = env.stack.pop()
    parameters = self._eval_parameters(env=env)
    credentials = self._eval_state_credentials(env=env)
    common = {"resource_runtime_part": runtime_part, "state_credentials": credentials}
    self._before_eval_execution(env=env, raw_parameters=parameters, **common)
    context = env.states.context_object.context_object_data
    task = CalledTask(
        "task",
        parameters,
        token=context.get("Task", {}).get("Token") if _waits(self) else None,
        resource=self._get_sfn_resource(),
        resource_type=self._get_sfn_resource_type(),
        invokes_function=self.resource.service_name == "lambda",
        operation=_operation(self.resource),
    )
    try:
        result = answered(env, visit, task)
    except Exception:
        if self.resource.condition:  # what a job or a callback failed with was submitted
            _submitted(self, env)
        raise
    if result is StandInContext.LATER:
        env.stand_in_visit, result = None, {}  # moto waits for the token from here on
    env.stack.append(result)
    self._after_eval_execution(env=env, normalised_parameters=parameters, **common)


@wraps(f"{_TASK}.service.state_task_service:StateTaskService._before_eval_execution")
def refuse_unsupported(original: Callable[..., None], self: Any, **named: Any) -> None:
    """What the engine can't run, or moto would make up, fails once the task is scheduled."""
    original(self, **named)
    if _visit(named["env"]) is None and (reason := why_not(self.resource.resource_arn)):
        raise NotRun(reason)


@wraps(
    f"{_TASK}.service.state_task_service_dynamodb:StateTaskServiceDynamoDB._from_error",
    f"{_TASK}.service.state_task_service_api_gateway:StateTaskServiceApiGateway._from_error",
)
def report_what_was_told(original: Callable[..., Any], self: Any, env: Any, ex: Exception) -> Any:
    """moto takes whatever is no answer of the service for one of its exceptions."""
    if isinstance(ex, FailureEventException):
        return ex.failure_event
    return original(self, env, ex)


def _waits(task: Any) -> bool:
    return bool(task.resource.condition == "waitForTaskToken")


def _operation(resource: Any) -> Any:
    """What is known of the answer: not that of a job's end, or of whoever has the token."""
    if resource.condition is not None or resource.service_name in _NO_SERVICES:
        return None
    return operation_model(resource.api_name, resource.api_action)


def _submitted(task: Any, env: Any) -> None:
    said = {"resource": task._get_sfn_resource(), "resourceType": task._get_sfn_resource_type()}
    details = {**said, "output": "{}", "outputDetails": {"truncated": False}}
    env.event_manager.add_event(
        env.event_history_context,
        HistoryEventType.TaskSubmitted,
        {"taskSubmittedEventDetails": details},
    )


@wraps(f"{_TASK}.lambda_eval_utils:execute_lambda_function_integration")
def answer_function(original: Callable[..., None], env: Any, parameters: Any, **named: Any) -> None:
    """A task whose resource is a function's ARN. A mock is of the function's result, or of what
    Lambda's Invoke answers with it."""
    if (visit := _visit(env)) is None:
        original(env=env, parameters=parameters, **named)
        return
    arguments = json.loads(parameters["Payload"])
    result = answered(env, visit, CalledTask("lambdaFunction", arguments, invokes_function=True))
    if visit.mocked and isinstance(result, dict) and "Payload" in result:
        told = {key.lower() for key in result}  # people write statusCode too
        result = result["Payload"] if "statuscode" in told else result
    env.stack.append({"Payload": result})


@wraps(f"{_TASK}.state_task_activitiy:StateTaskActivity._eval_execution")
def answer_activity(original: Callable[..., None], self: Any, env: Any) -> None:
    """The stand-in is the worker that takes the task."""
    if (visit := _visit(env)) is not None:
        env.callback_pool_manager = _StandInWorker(env, visit)
    original(self, env)


class _StandInWorker:
    """Stands where the interpreter hands an activity's task to workers."""

    def __init__(self, env: Any, visit: StandInVisit) -> None:
        self._env, self._visit = env, visit
        self._callbacks = env.callback_pool_manager

    def add_activity_task(self, callback_id: str, activity_arn: str, activity_input: str) -> Any:
        """The input is JSON, the evaluated arguments, or a text that is none."""
        try:
            arguments = json.loads(activity_input)
        except ValueError:
            arguments = activity_input
        task = CalledTask("activity", arguments, token=callback_id)
        taken = _TakenTask(callback_id, lambda: answered(self._env, self._visit, task))
        return self._callbacks.keep(taken)


class _TakenTask(WaitingTask):
    """A task that somebody took at once, and answers when the interpreter asks for the outcome."""

    def __init__(self, callback_id: str, answer: Callable[[], Any]) -> None:
        super().__init__(callback_id)
        self._answer: Callable[[], Any] | None = answer

    def get_activity_task_start_endpoint(self) -> Any:
        return SimpleNamespace(wait=lambda **_: callback.ActivityTaskStartOutcome(None))

    def wait(self, timeout: float | None = None) -> Any:
        self._ask()
        return super().wait(timeout)

    def clear_and_wait(self) -> bool:
        self._ask()
        return self.get_outcome() is not None or super().clear_and_wait()

    def _ask(self) -> None:
        """Once. Raises what the task fails with."""
        answer, self._answer = self._answer, None
        if answer is not None and (result := answer()) is not StandInContext.LATER:
            self.settle(callback.CallbackOutcomeSuccess(self.callback_id, json.dumps(result)))
