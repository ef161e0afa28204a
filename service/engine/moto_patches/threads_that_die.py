"""Ends every thread of the interpreter with a result."""

from collections.abc import Callable
from threading import Thread
from typing import Any

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent

from handrail.engine.errors import unforeseen

from .failures import RUNTIME, failure
from .patches import Fault, replaces, wraps

FAULT = Fault(
    moto="Moto's threads (execution, branch, iteration, state) wait for one another's result. "
    "One that died of an exception moto doesn't expect gave none: the execution stayed "
    "RUNNING, or counted as succeeded.",
    since="5.0.16 or earlier",
    aws="Executions end.",
    known="A property test breaks the interpreter at places drawn by lot.",
)
_EXEC = "component.state.exec"
_TASK = f"{_EXEC}.state_task"
_ITERATION = f"{_EXEC}.state_map.iteration"
_ITERATION_WORKER = f"{_ITERATION}.iteration_worker:IterationWorker"


@replaces("component.program.program:Program.eval")
def run_in_a_thread(self: Any, env: Any) -> None:
    """moto expects no exception here, and writes the end of an execution; LiveExecution does."""

    def run() -> None:
        try:
            EvalComponent.eval(self, env)
        except BaseException as error:  # the thread's result
            env.set_error({"error": RUNTIME, "cause": unforeseen(error)})

    env.next_state_name = self.start_at.start_at_name
    thread = Thread(target=run, name="program", daemon=True)
    thread.start()
    thread.join(self.timeout_seconds.timeout_seconds if self.timeout_seconds else None)
    if thread.is_alive():
        env.set_timed_out()


@wraps(
    f"{_TASK}.service.state_task_service:StateTaskService._eval_execution",
    f"{_TASK}.state_task_activitiy:StateTaskActivity._eval_execution",
    f"{_TASK}.state_task_lambda:StateTaskLambda._eval_execution",
    f"{_EXEC}.state_map.state_map:StateMap._eval_execution",
    f"{_EXEC}.state_parallel.state_parallel:StateParallel._eval_execution",
)
def execute_state(original: Callable[..., None], self: Any, env: Any) -> None:
    """The thread that a state is executed in hands over its exceptions, but no BaseException."""
    try:
        original(self, env)
    except Exception:
        raise  # moto's to hand over
    except BaseException as error:
        raise RuntimeError(unforeseen(error)) from error


@wraps(f"{_EXEC}.state_parallel.branch_worker:BranchWorker._thread_routine")
def run_branch(original: Callable[[Any], None], self: Any) -> None:
    """A branch that broke fails."""
    try:
        original(self)
    except BaseException as error:
        self.env.set_error({"error": RUNTIME, "cause": unforeseen(error)})
        self._branch_worker_comm.on_terminated(env=self.env)


@wraps(f"{_ITERATION_WORKER}.eval")
def run_iterations(original: Callable[[Any], None], self: Any) -> None:
    """A Map ends as soon as one of the threads that share its items broke."""
    try:
        original(self)
    except BaseException as error:
        jobs = self._job_pool
        jobs._worker_exception = failure(self._env, unforeseen(error), located=False)
        jobs._termination_event.set()
