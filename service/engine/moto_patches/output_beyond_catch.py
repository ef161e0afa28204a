"""Evaluates the Output of a Task, Map or Parallel where its Retry and Catch still hold."""

from collections.abc import Callable
from typing import Any

from .assigned_too_early import visit
from .field_locations import within
from .patches import Fault, wraps

FAULT = Fault(
    moto="The Output of a Task, Map or Parallel is evaluated after its Retry and Catch have gone.",
    since="5.1.0",
    aws="An Output that can't be evaluated fails its state with States.QueryEvaluationError, which"
    " its Retry and Catch take.",
    known="A measurement that users of another emulator published.",
)
_EXEC = "component.state.exec"


@wraps(
    f"{_EXEC}.execute_state:ExecutionState._evaluate_with_timeout",
    # wrapped by another patch, which has moto's own for the inherited one
    f"{_EXEC}.state_task.service.state_task_service_callback:StateTaskServiceCallback"
    "._evaluate_with_timeout",
)
def evaluate_state(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto looks at the Output later."""
    original(self, env)
    if self.output is not None:
        with within(env, self.output):
            self.output.jsonata_template_value.eval(env=env)
        env.early_output = (visit(env), self.output, env.stack.pop())


@wraps("component.common.outputdecl:Output._eval_body")
def give_output(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto evaluates it now."""
    of_visit, output, value = getattr(env, "early_output", (None, None, None))
    if of_visit is visit(env) and output is self:
        env.states.reset(input_value=value)
    else:
        original(self, env)
