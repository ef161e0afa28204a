"""Runs one execution on moto's interpreter, from start to end and through redrives.

moto writes the status after the last event, lets tasks that are still out append to a finished
history, and shows a stop only when the state at hand is done. Here the terminal event ends the
execution: status and history can't disagree, and nothing follows the end but a redrive."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError, ProgramTimedOut
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.utils import TMP_THREADS

from handrail.core.models import rfc3339
from handrail.engine.errors import unforeseen
from handrail.engine.execution_logs.log_delivery import Entry
from handrail.engine.execution_logs.log_lines import LogDestination
from handrail.engine.stand_ins.stand_in_visits import ExecutionStandIns
from handrail.engine.virtual_clock import clock

from .live_history import ENDS, MOST_EVENTS, History
from .waiting_tasks import Callbacks

CHANGES = {"ExecutionStarted", "ExecutionRedriven", *ENDS}
"""The events that change an execution's status, which EventBridge hears of."""

_STARTS = count(1)
_TOO_MANY = f"The execution reached the maximum number of history events ({MOST_EVENTS})."


class LiveExecution(Execution):  # type: ignore[misc] # moto has no types
    """`order` counts starts: the newest has the highest. `qualifiers` are the ARNs of the version
    and the alias it was started by, under AWS's names; `account` is where it is kept, `case` the
    test case, if any; `trace_header` is what the start said of its trace."""

    map_run_arn: str | None = None
    trace_header: str | None = None

    def __init__(
        self,
        *,
        qualifiers: Mapping[str, str],
        account: Any,
        stand_ins: ExecutionStandIns,
        case: str | None,
        **attributes: Any,
    ) -> None:
        self.clock = clock.current()
        at = self.now()
        super().__init__(start_date=at, cloud_watch_logging_session=None, **attributes)
        self.account = account
        self.order = next(_STARTS)
        self.qualifiers, self.stand_ins, self.case = qualifiers, stand_ins, case
        self.done = self.clock.signal()
        self.history = History(self)
        self.callbacks = Callbacks(self._activity_store)
        self.redrives: list[datetime] = []
        self.callbacks.executions = account.executions
        self.map_runs = LiveMapRuns(self)
        logging = getattr(self.state_machine, "loggingConfiguration", None)  # TestState's has none
        self._logged_to = LogDestination.of(logging)
        self._told_of_end: list[Callable[[], None]] = []

    @property
    def definition(self) -> Any:
        """What this execution runs, whatever the state machine became since."""
        return json.loads(self.state_machine.definition)

    def now(self) -> datetime:
        """By the execution's clock, in whole milliseconds as AWS's timestamps are."""
        at = self.clock.now()
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def start(self) -> None:
        """The history starts before the execution's thread does."""
        self.exec_status = ExecutionStatus.RUNNING
        env = self._make_environment(self.definition["StartAt"])
        details = {
            "input": self.execution_input,
            "inputDetails": {"truncated": False},
            "roleArn": self.role_arn,
            **self.qualifiers,
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
        at = self.now()
        self.redrives.append(at)
        self.exec_status, self.stop_date = ExecutionStatus.RUNNING, None
        self.error = self.cause = None
        self.done.clear()
        self.history = History(self, ended=self.history)
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

    def when_ended(self, told: Callable[[], None]) -> None:
        """`told` is called as the execution ends, or now if it has. It must not block."""
        with self.history.gate:
            if not self.done.is_set():
                self._told_of_end.append(told)
                return
        told()

    def time_out(self) -> None:
        """End as timed out: an Express execution that took too long."""
        self._end_early(HistoryEventType.ExecutionTimedOut)

    def described(self) -> dict[str, Any]:
        """The fields that every operation shows, None where there is none."""
        with self.history.gate:
            return {
                "executionArn": self.exec_arn,
                "stateMachineArn": self.state_machine.arn,
                **self.qualifiers,
                "mapRunArn": self.map_run_arn,
                "name": self.name,
                "status": self.exec_status.value,
                "startDate": self.start_date,
                "stopDate": self.stop_date,
                "error": self.error,
                "cause": self.cause,
                "output": self.output,
            }

    def log_event(self, event: Mapping[str, Any]) -> None:
        """Called by the history alone, under its gate. EventBridge hears of Standard executions
        alone, and here of no children."""
        logs, described = self.account.logs, None
        told = logs.pushes and self.sm_type != "EXPRESS" and self.map_run_arn is None
        if told and event["type"].value in CHANGES:
            described = self.described() | {"redriveCount": len(self.redrives)}
        if self._logged_to is None and described is None:
            return
        machine, redrives = self.state_machine.name, len(self.redrives)
        logs.add(Entry(event, self.exec_arn, redrives, machine, self._logged_to, described))

    def _make_environment(self, first_state: str) -> Any:
        self.exec_worker = self._get_start_execution_worker()
        env = self.exec_worker.env = self.exec_worker._get_evaluation_environment()
        env.event_manager, env.callback_pool_manager = self.history, self.callbacks
        env.mock_test_case = self.stand_ins  # moto hands it on to every branch and iteration
        env.map_run_record_pool_manager = self.map_runs
        context = env.states.context_object.context_object_data["Execution"]
        context |= {"StartTime": rfc3339(self.start_date), "RedriveCount": len(self.redrives)}
        env.next_state_name = first_state  # a stop takes effect from here on
        return env

    def _program(self) -> Any:
        """What is run, its own."""
        return self.exec_worker._get_evaluation_entrypoint()

    def _launch(self, env: Any) -> None:
        def evaluate() -> None:
            cause = "The embedded engine lost the execution's thread."
            try:
                program = self._program()
                program.start_at = StartAt(env.next_state_name)
                program.eval(env)
            except BaseException as error:  # nothing else would end the execution
                cause = unforeseen(error)
            self._close(env, cause)

        try:
            with clock.going_by(self.clock):
                clock.ClockedThread(target=evaluate, name="execution").start()
        except RuntimeError as error:  # the process has no thread left
            self._close(env, unforeseen(error))

    def _close(self, env: Any, cause: str) -> None:
        """End the history that this thread began with, unless the interpreter has ended it."""
        state, details = env.program_state(), None
        if isinstance(state, ProgramTimedOut):
            self._release()
            event_type = HistoryEventType.ExecutionTimedOut
            env.event_history_context.source_event_id = 0  # it follows none
        else:
            event_type = HistoryEventType.ExecutionFailed
            error = state.error if isinstance(state, ProgramError) else None
            failed = error or {"error": "States.Runtime", "cause": cause}
            details = {"executionFailedEventDetails": failed}
        env.event_manager.add_event(env.event_history_context, event_type, details)

    def run_out_of_events(self) -> None:
        """Fail: the history has room for its terminal event alone."""
        failed = {"error": "States.Runtime", "cause": _TOO_MANY}
        details = {"executionFailedEventDetails": failed}
        self._end_early(HistoryEventType.ExecutionFailed, details)

    def _end_early(self, event_type: HistoryEventType, details: Any = None) -> None:
        self.map_runs.abort()  # whose events come before the end
        follows_none = EventHistoryContext.of_program_start()  # its previousEventId is 0
        self.history.add_event(follows_none, event_type, details)
        self._release()

    def _release(self) -> None:
        """Let the interpreter's threads end as soon as they look, if it came to any."""
        if env := getattr(self.exec_worker, "env", None):
            env.set_stop(stop_date=self.now(), error=None, cause=None)
        self.callbacks.interrupt()

    def end(self, status: ExecutionStatus, details: Mapping[str, Any], at: datetime) -> None:
        """Called by the history alone, under its gate, with the terminal event's details."""
        self.exec_status, self.stop_date = status, at
        self.output = details.get("output")
        self.error, self.cause = details.get("error"), details.get("cause")
        self.done.set()
        while self._told_of_end:
            self._told_of_end.pop()()
        TMP_THREADS.clear()  # moto keeps every thread it ever started


class LiveMapRuns:
    """Stands for moto's pool of an execution's Map Runs."""

    def __init__(self, execution: LiveExecution) -> None:
        self.execution = execution
        self.started: list[Any] = []

    def add(self, run: Any) -> None:
        """Called by moto for one that may never begin: the state may be stopped before."""

    def begin(self, run: Any) -> None:
        self.started.append(run)
        self.execution.account.map_runs[run.map_run_arn] = run

    def abort(self) -> None:
        for run in list(self.started):
            run.abort()
