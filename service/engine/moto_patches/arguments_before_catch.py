"""Evaluates the Arguments of a Parallel where its Retry and Catch hold."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.parargs import Arguments

from .patches import Fault, wraps

FAULT = Fault(
    moto="The Arguments of a Parallel are evaluated before its Retry and Catch hold.",
    since="5.1.0",
    aws="Arguments that can't be evaluated fail the state with States.QueryEvaluationError, which"
    " its Retry and Catch take.",
    known="The Amazon States Language, by which Retry and Catch take any error of their state.",
)
_PARALLEL = "component.state.exec.state_parallel.state_parallel:StateParallel"


@wraps(f"{_PARALLEL}.from_state_props")
def take_arguments(original: Callable[..., None], self: Any, state_props: Any) -> None:
    """moto finds none to evaluate."""
    original(self, state_props)
    self.late_arguments = None
    if isinstance(self.parargs, Arguments):
        self.late_arguments, self.parargs = self.parargs, None


@wraps(f"{_PARALLEL}._eval_execution")
def run_branches(original: Callable[..., None], self: Any, env: Any) -> None:
    """The branches take what they give."""
    if self.late_arguments is not None:
        self.late_arguments.eval(env)
    original(self, env)
