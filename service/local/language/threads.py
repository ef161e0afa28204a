"""No thread of the interpreter ends in silence.

moto runs an execution, a branch, an iteration and a state in threads that wait for one another's
word. One that died of an exception where moto expects none said nothing: the others waited for
ever and the execution stayed RUNNING, or a branch that broke counted as one that succeeded. Here
each gives its word, whatever it died of (BaseException too).
"""

from collections.abc import Callable
from threading import Thread
from typing import Any

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.inline_iteration_component import (  # noqa: E501
    InlineIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.distributed_item_processor_worker import (  # noqa: E501
    DistributedItemProcessorWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import (  # noqa: E501
    IterationWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iterator.distributed_iterator_worker import (  # noqa: E501
    DistributedIteratorWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branch_worker import (
    BranchWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.state_parallel import (
    StateParallel,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_activitiy import (
    StateTaskActivity,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import (
    StateTaskLambda,
)

from .failures import RUNTIME, bare_failure, unforeseen
from .seam import Seam

Evaluate = Callable[[Any, Any], None]
Work = Callable[[Any], None]
_EXECUTED = (StateTaskService, StateTaskActivity, StateTaskLambda, StateMap, StateParallel)
_WORKERS = (IterationWorker, DistributedItemProcessorWorker, DistributedIteratorWorker)


def _in_a_thread(self: Any, env: Any) -> None:
    """An execution, a branch or an iteration (Program.eval): until it ends or its time is over.
    What the history says of an execution's end is its Worker's."""

    def run() -> None:
        try:
            EvalComponent.eval(self, env)
        except BaseException as error:  # the thread's last words
            env.set_error(_failed(error))

    env.next_state_name = self.start_at.start_at_name
    thread = Thread(target=run, name="program", daemon=True)
    thread.start()
    thread.join(self.timeout_seconds.timeout_seconds if self.timeout_seconds else None)
    if thread.is_alive():
        env.set_timed_out()


def _failed(error: BaseException) -> ExecutionFailedEventDetails:
    return ExecutionFailedEventDetails(error=RUNTIME.to_name(), cause=unforeseen(error))


def _state(execute: Evaluate) -> Evaluate:
    """For the thread that a state is executed in, whose end is awaited up to the timeout."""

    def executed(self: Any, env: Any) -> None:
        try:
            execute(self, env)
        except Exception:
            raise  # moto's to hand over
        except BaseException as error:
            raise RuntimeError(unforeseen(error)) from error

    return executed


def _branch(work: Work) -> Work:
    def branch(self: Any) -> None:
        try:
            work(self)
        except BaseException as error:
            self.env.set_error(_failed(error))
            self._branch_worker_comm.on_terminated(env=self.env)

    return branch


def _iterations(work: Work) -> Work:
    """For the threads that share a Map's items: its end, as soon as one of them broke."""

    def iterations(self: Any) -> None:
        try:
            work(self)
        except BaseException as error:
            jobs = self._job_pool
            jobs._worker_exception = bare_failure(self._env, unforeseen(error), RUNTIME)
            jobs._termination_event.set()

    return iterations


def one_after_the_other(evaluate: Callable[..., None]) -> Callable[..., None]:
    """moto calls itself for a worker's next item, deeper with each: thousands are too deep."""

    def pool(self: Any, **item: Any) -> None:
        if (next_items := getattr(self, "_next_items", None)) is not None:
            next_items.append(item)
            return
        self._next_items = next_items = [item]
        while next_items:
            evaluate(self, **next_items.pop())

    return pool


def _where_an_item_is_left(launch: Callable[..., Any]) -> Callable[..., Any]:
    """moto starts MaxConcurrency threads for a Map, however few its items are."""

    def launched(self: Any, env: Any, eval_input: Any, job_pool: Any) -> Any:
        return launch(self, env, eval_input, job_pool) if job_pool._open_jobs else None

    return launched


def _unlogged(self: Any, *_: Any, **__: Any) -> None:
    """moto describes the failed part and its error, at each level around it, to a log that nobody
    reads; where the error can't be described, that is one more."""


SEAMS: tuple[Seam, ...] = (
    (Program, "eval", _in_a_thread),
    (BranchWorker, "_thread_routine", _branch(BranchWorker._thread_routine)),
    *((state, "_eval_execution", _state(state._eval_execution)) for state in _EXECUTED),
    *((worker, "eval", _iterations(worker.eval)) for worker in _WORKERS),
    *((worker, "_eval_pool", one_after_the_other(worker._eval_pool)) for worker in _WORKERS),
    (
        InlineIterationComponent,
        "_launch_worker",
        _where_an_item_is_left(InlineIterationComponent._launch_worker),
    ),
    (EvalComponent, "_log_exception", _unlogged),
    (EvalComponent, "_log_failure_event_exception", _unlogged),
)
