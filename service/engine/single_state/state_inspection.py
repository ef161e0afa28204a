"""Looks on while the interpreter runs the one state that is tested: what its input became field by
field, what it failed with, and whether a Retry or a Catch would take that. A Map or a Parallel is
never run: it is given what its mock says."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.stepfunctions.parser.asl.component.common.retry.retry_outcome import RetryOutcome

import handrail.engine.stand_ins.interpreter  # noqa: F401 what is patched here wraps its patches
from handrail.core.models import Json
from handrail.core.stand_ins.answers import Answer
from handrail.engine.moto_patches.failures import failure, takes
from handrail.engine.moto_patches.patches import wraps
from handrail.engine.stand_ins.stand_in_visits import ExecutionStandIns

_COMMON = "component.common"
_EXEC = "component.state.exec"
_MAP = f"{_EXEC}.state_map"
_ITERATION = f"{_MAP}.iteration"


@dataclass(slots=True)
class StateInspection:
    """Of one run of `name`, whose definition is `raw`. `context` stands in for the context object,
    `attempts` is how often a retrier has retried, `mocked` what a Map or a Parallel comes to."""

    name: str
    raw: Mapping[str, Json]
    jsonata: bool
    context: Mapping[str, Json] | None = None
    attempts: int = 0
    mocked: Answer | None = None
    data: dict[str, Json] = field(default_factory=dict)
    error: tuple[str, str | None] | None = None
    details: dict[str, int] = field(default_factory=dict)
    retriable: bool = False
    caught: bool = False
    over: bool = False

    def note(self, key: str, value: Json, *, jsonata: bool = False) -> None:
        """Of a field that only the other query language has, nothing."""
        if not self.over and (jsonata or not self.jsonata):
            self.data[key] = json.loads(json.dumps(value))

    def retries(self, error_name: Any) -> bool:
        """True where the first retrier that takes the error has an attempt left."""
        for index, retrier in enumerate(self.raw.get("Retry") or ()):
            if takes(set(retrier.get("ErrorEquals") or ()), error_name):
                self.details["retryIndex"] = index
                if self.attempts >= retrier.get("MaxAttempts", 3):
                    return False
                rate, first = retrier.get("BackoffRate", 2.0), retrier.get("IntervalSeconds", 1)
                interval = first * rate**self.attempts
                longest = retrier.get("MaxDelaySeconds", interval)
                self.details["retryBackoffIntervalSeconds"] = int(min(interval, longest))
                return True
        return False

    def catches(self, error_name: Any) -> None:
        for index, catcher in enumerate(self.raw.get("Catch") or ()):
            if takes(set(catcher.get("ErrorEquals") or ()), error_name):
                self.details["catchIndex"], self.caught = index, True
                return


@dataclass(eq=False, slots=True)
class InspectedStandIns(ExecutionStandIns):
    """The interpreter hands it on to wherever the state is run."""

    inspection: StateInspection | None = None


def _inspection(env: Any) -> StateInspection | None:
    """Of the state that is running, if it is one that is looked at."""
    found = getattr(env.mock_test_case, "inspection", None)
    return found if found is not None and not found.over else None


@wraps("component.state.state:CommonStateField._eval_body")
def run_the_state(original: Callable[..., None], self: Any, env: Any) -> None:
    """What follows the state is nothing to look at."""
    inspection = _inspection(env)
    if inspection is None:
        original(self, env)
        return
    inspection.note("input", env.states.get_input(), jsonata=True)
    try:
        original(self, env)
    finally:
        _complete(inspection)
        inspection.over = True


def _complete(inspection: StateInspection) -> None:
    """Fields that the definition lacks leave what they are given as it is."""
    data, kind = inspection.data, inspection.raw.get("Type")
    if inspection.jsonata:
        return
    if kind == "Pass" and "Result" in inspection.raw:
        data.pop("afterInputPath", None)
    elif (
        kind in {"Pass", "Task"} and "afterInputPath" in data and "Parameters" not in inspection.raw
    ):
        data.setdefault("afterParameters", data["afterInputPath"])
    if kind == "Parallel":
        data.pop("afterInputPath", None)


@wraps("component.state.state:CommonStateField._eval_state_input")
def read_input(original: Callable[..., None], self: Any, env: Any) -> None:
    """The context object is the given one from here on."""
    inspection = _inspection(env)
    if inspection is not None and inspection.context is not None:
        given, context = inspection.context, env.states.context_object.context_object_data
        for name, part in given.items():  # what it doesn't say is as it would be
            context[name] = {**(context.get(name) or {}), **part}
        if token := (given.get("Task") or {}).get("Token"):
            env.callback_pool_manager.add(token)
    original(self, env)
    if inspection is not None:
        inspection.note("afterInputPath", env.stack[-1])


@wraps(f"{_COMMON}.parargs:Parargs._eval_body")
def note_parameters(original: Callable[..., None], self: Any, env: Any) -> None:
    """`afterParameters`, or of a Task in JSONata `afterArguments`."""
    original(self, env)
    if (inspection := _inspection(env)) is not None and inspection.raw.get("Type") != "Map":
        inspection.note("afterParameters", env.stack[-1])
        if inspection.jsonata and inspection.raw.get("Type") == "Task":
            inspection.note("afterArguments", env.stack[-1], jsonata=True)


@wraps(f"{_COMMON}.result_selector:ResultSelector._eval_body")
def note_selected(original: Callable[..., None], self: Any, env: Any) -> None:
    """`afterResultSelector`, where there is one."""
    original(self, env)
    if (inspection := _inspection(env)) is not None:
        inspection.note("afterResultSelector", env.stack[-1])


@wraps(f"{_COMMON}.path.result_path:ResultPath._eval_body")
def note_placed(original: Callable[..., None], self: Any, env: Any) -> None:
    """A Catch has a ResultPath too."""
    inspection = _inspection(env)
    if inspection is None or inspection.error is not None:
        original(self, env)
        return
    if "ResultSelector" not in inspection.raw:
        inspection.note("afterResultSelector", env.stack[-1])
    original(self, env)
    inspection.note("afterResultPath", env.stack[-1])


@wraps("component.state.state_pass.result:Result._eval_body")
def note_literal(original: Callable[..., None], self: Any, env: Any) -> None:
    """A Pass state's Result."""
    original(self, env)
    if (inspection := _inspection(env)) is not None:
        inspection.note("result", env.stack[-1])


@wraps(
    f"{_EXEC}.state_task.service.state_task_service:StateTaskService._eval_execution",
    f"{_EXEC}.state_task.state_task_activitiy:StateTaskActivity._eval_execution",
    f"{_EXEC}.state_task.state_task_lambda:StateTaskLambda._eval_execution",
)
def note_result(original: Callable[..., None], self: Any, env: Any) -> None:
    """What a Task answered, before any of its fields."""
    original(self, env)
    if (inspection := _inspection(env)) is not None:
        inspection.note("result", env.stack[-1], jsonata=True)


@wraps(f"{_COMMON}.path.items_path:ItemsPath._eval_body")
def note_items(original: Callable[..., None], self: Any, env: Any) -> None:
    """`afterItemsPath`."""
    original(self, env)
    if (inspection := _inspection(env)) is not None:
        inspection.note("afterItemsPath", env.stack[-1])


@wraps(f"{_MAP}.max_concurrency:MaxConcurrencyDecl._eval_body")
def note_concurrency(original: Callable[..., None], self: Any, env: Any) -> None:
    """Before moto takes 0 for another number."""
    original(self, env)
    if (inspection := _inspection(env)) is not None:
        inspection.note("maxConcurrency", env.stack[-1] or 0, jsonata=True)


@wraps(f"{_MAP}.tolerated_failure:ToleratedFailureCountDecl._eval_body")
def note_tolerated_count(original: Callable[..., None], self: Any, env: Any) -> None:
    """Where one is told."""
    original(self, env)
    if (inspection := _inspection(env)) is not None and env.stack[-1]:
        inspection.note("toleratedFailureCount", env.stack[-1], jsonata=True)


@wraps(f"{_MAP}.tolerated_failure:ToleratedFailurePercentageDecl._eval_body")
def note_tolerated_percentage(original: Callable[..., None], self: Any, env: Any) -> None:
    """Where one is told."""
    original(self, env)
    if (inspection := _inspection(env)) is not None and env.stack[-1]:
        inspection.note("toleratedFailurePercentage", float(env.stack[-1]), jsonata=True)


@wraps(
    f"{_ITERATION}.inline_iteration_component:InlineIterationComponent._eval_body",
    f"{_ITERATION}.distributed_iteration_component:DistributedIterationComponent._eval_body",
    f"{_EXEC}.state_parallel.branches_decl:BranchesDecl._eval_body",
)
def give_mocked_result(original: Callable[..., None], self: Any, env: Any) -> None:
    """In place of iterations and branches, none of which is run."""
    inspection = _inspection(env)
    if inspection is None or inspection.mocked is None:
        original(self, env)
        return
    env.stack.pop()
    if (mocked := inspection.mocked.failure) is not None:
        raise failure(env, mocked.cause or "", mocked.error, located=False)
    env.stack.append(json.loads(json.dumps(inspection.mocked.result)))


@wraps(f"{_MAP}.result_writer.result_writer_decl:ResultWriter._eval_body")
def write_nothing(original: Callable[..., None], self: Any, env: Any) -> None:
    """The mocked result is what the writer would have told."""
    if _inspection(env) is None:
        original(self, env)


def _note_error(inspection: StateInspection, state: Any, failure_event: Any) -> None:
    output = state._construct_error_output_value(failure_event)
    inspection.error = output["Error"], output["Cause"]


@wraps(f"{_EXEC}.execute_state:ExecutionState._handle_retry")
def tell_of_retry(original: Callable[..., Any], self: Any, env: Any, failure_event: Any) -> Any:
    """TestState says that it would be tried again, and ends."""
    if (inspection := _inspection(env)) is None:
        return original(self, env, failure_event)
    if inspection.retries(failure_event.error_name):
        inspection.retriable = True
        self._handle_uncaught(env=env, failure_event=failure_event)
    return RetryOutcome.CannotRetry


@wraps(f"{_EXEC}.execute_state:ExecutionState._handle_catch")
def tell_of_catch(original: Callable[..., None], self: Any, env: Any, failure_event: Any) -> None:
    """Which catcher takes the error."""
    if (inspection := _inspection(env)) is not None:
        _note_error(inspection, self, failure_event)
        inspection.catches(failure_event.error_name)
    original(self, env, failure_event)


@wraps(f"{_EXEC}.execute_state:ExecutionState._handle_uncaught")
def tell_of_failure(original: Callable[..., None], self: Any, env: Any, failure_event: Any) -> None:
    """What the state fails with, when neither a Retry nor a Catch takes it."""
    if (inspection := _inspection(env)) is not None:
        _note_error(inspection, self, failure_event)
    original(self, env, failure_event)
