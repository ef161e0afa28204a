"""Runs one execution on moto's interpreter, from start to end and through redrives."""

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from threading import Event, Thread
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError, ProgramTimedOut
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.utils import TMP_THREADS

from service.core.models import rfc3339
from service.engine.errors import unforeseen

from .history import History, epoch, now
from .waiting_tasks import Callbacks

_STARTS = count(1)


class LiveExecution(Execution):  # type: ignore[misc] # moto has no types
    """`order` counts starts: the newest has the highest."""

    start_date: datetime
    stop_date: Any

    def __init__(self, **attributes: Any) -> None:
        super().__init__(start_date=now(), cloud_watch_logging_session=None, **attributes)
        self.order = next(_STARTS)
        self.done = Event()
        self.history = History(self._end)
        self.callbacks = Callbacks(self._activity_store)
        self.redrives: list[datetime] = []

    @property
    def definition(self) -> Any:
        """What this execution runs, whatever the state machine became since."""
        return json.loads(self.state_machine.definition)

    def start(self) -> None:
        """The history starts before the execution's thread does."""
        self.exec_status = ExecutionStatus.RUNNING
        env = self._make_environment(self.definition["StartAt"])
        details = {
            "input": self.execution_input,
            "inputDetails": {"truncated": False},
            "roleArn": self.role_arn,
        }
        self.history.add_event(
            env.event_history_context,
            HistoryEventType.ExecutionStarted,
            {"executionStartedEventDetails": details},
            timestamp=self.start_date,
            update_source_event_id=False,
        )
        self._launch(env)

    def redrive(self, state: str, input: Any) -> datetime:
        """Go on from a state of the top level, with the input it had and the variables so far."""
        at = now()
        self.redrives.append(at)
        self.exec_status, self.stop_date = ExecutionStatus.RUNNING, None
        self.error = self.cause = None
        self.done.clear()
        self.history = History(self._end, ended=self.history)
        variables = self.exec_worker.env.variable_store
        env = self._make_environment(state)
        env.variable_store = variables
        env.states.reset(input_value=input)
        context = env.states.context_object.context_object_data["Execution"]
        context["RedriveTime"] = rfc3339(at)
        details = {"executionRedrivenEventDetails": {"redriveCount": len(self.redrives)}}
        event_type = HistoryEventType.ExecutionRedriven
        self.history.add_event(env.event_history_context, event_type, details, timestamp=at)
        self._launch(env)
        return at

    def stop(self, error: str | None, cause: str | None) -> None:
        """Abort now, not when the state at hand is done. Does nothing where it has ended."""
        details = {"executionAbortedEventDetails": {"error": error, "cause": cause}}
        self._end_early(HistoryEventType.ExecutionAborted, details)

    def time_out(self) -> None:
        """End as timed out: an Express execution that took too long."""
        self._end_early(HistoryEventType.ExecutionTimedOut)

    def described(self) -> dict[str, Any]:
        """The fields that every operation shows, None where there is none."""
        with self.history.gate:
            return {
                "executionArn": self.exec_arn,
                "stateMachineArn": self.state_machine.arn,
                "name": self.name,
                "status": self.exec_status.value,
                "startDate": epoch(self.start_date),
                "stopDate": self.stop_date and epoch(self.stop_date),
                "error": self.error,
                "cause": self.cause,
                "output": self.output if self.exec_status is ExecutionStatus.SUCCEEDED else None,
            }

    def get_start_execution_details(self) -> Any:
        details = super().get_start_execution_details()
        details.start_time = rfc3339(self.start_date)  # the context object speaks JSON
        return details

    def _make_environment(self, first_state: str) -> Any:
        self.exec_worker = self._get_start_execution_worker()
        env = self.exec_worker.env = self.exec_worker._get_evaluation_environment()
        env.event_manager, env.callback_pool_manager = self.history, self.callbacks
        context = env.states.context_object.context_object_data["Execution"]
        context["RedriveCount"] = len(self.redrives)
        env.next_state_name = first_state  # a stop takes effect from here on
        return env

    def _launch(self, env: Any) -> None:
        try:
            Thread(target=self._evaluate, args=(env,), name="execution", daemon=True).start()
        except RuntimeError as error:  # the process has no thread left
            self._close(env, unforeseen(error))

    def _evaluate(self, env: Any) -> None:
        cause = "The embedded engine lost the execution's thread."
        try:
            program = self.exec_worker._get_evaluation_entrypoint()
            program.start_at = StartAt(env.next_state_name)
            program.eval(env)
        except BaseException as error:  # nothing else would end the execution
            cause = unforeseen(error)
        self._close(env, cause)

    def _close(self, env: Any, cause: str) -> None:
        """End the history that this thread began with, unless the interpreter has ended it."""
        state, details = env.program_state(), None
        if isinstance(state, ProgramTimedOut):
            self._release()
            event_type = HistoryEventType.ExecutionTimedOut
        else:
            event_type = HistoryEventType.ExecutionFailed
            error = state.error if isinstance(state, ProgramError) else None
            failed = error or {"error": "States.Runtime", "cause": cause}
            details = {"executionFailedEventDetails": failed}
        env.event_manager.add_event(env.event_history_context, event_type, details)

    def _end_early(self, event_type: HistoryEventType, details: Any = None) -> None:
        follows_none = EventHistoryContext.of_program_start()  # its previousEventId is 0
        self.history.add_event(follows_none, event_type, details)
        self._release()

    def _release(self) -> None:
        """Let the interpreter's threads end as soon as they look."""
        self.exec_worker.env.set_stop(stop_date=now(), error=None, cause=None)
        self.callbacks.interrupt()

    def _end(self, status: ExecutionStatus, details: Mapping[str, Any], at: datetime) -> None:
        self.exec_status, self.stop_date = status, at
        self.output = details.get("output")
        self.error, self.cause = details.get("error"), details.get("cause")
        self.done.set()
        TMP_THREADS.clear()  # moto keeps every thread it ever started
