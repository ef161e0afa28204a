"""The history of one execution, whose terminal event ends it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import RLock
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager

from .tracks import abandon, cut_short, is_abandoned, note

ENDS = {
    "ExecutionSucceeded": ExecutionStatus.SUCCEEDED,
    "ExecutionFailed": ExecutionStatus.FAILED,
    "ExecutionTimedOut": ExecutionStatus.TIMED_OUT,
    "ExecutionAborted": ExecutionStatus.ABORTED,
}
MOST_EVENTS = 25_000
_PAYLOADS = ("input", "output", "parameters", "inputDetails", "outputDetails")

EventDocument = Mapping[str, Any]


class History(EventManager):  # type: ignore[misc] # moto has no types
    """A redrive goes on in a new History made from the `ended` one, whose tasks are heard no more.
    Execution and history change under `gate`."""

    _history_event_list: list[EventDocument]
    _event_id_gen: Any
    gate: Any

    def __init__(self, execution: Any, ended: "History | None" = None) -> None:
        super().__init__(None)
        self.gate = ended.gate if ended else RLock()
        self._ended, self._execution = False, execution
        if ended:
            self._history_event_list = ended._history_event_list
            self._event_id_gen = ended._event_id_gen

    def add_event(
        self, context: Any, event_type: Any, event_details: Any = None, **options: Any
    ) -> int:
        """As moto's; an event after the end is dropped, and one without a type was none."""
        at = options.get("timestamp") or self._execution.now()
        with self.gate:
            if self._drops(context, event_type, event_details):
                return int(context.last_published_event_id)
            status = ENDS.get(event_type.value)
            if status is None and len(self._history_event_list) >= MOST_EVENTS - 1:
                self._execution.run_out_of_events()
                return int(context.last_published_event_id)
            if status:
                self._execution.end(status, next(iter((event_details or {}).values()), {}), at)
            options["timestamp"] = at
            event_id: int = super().add_event(context, event_type, event_details, **options)
            self._ended = status is not None  # only now: what broke on the way has to end again
            note(context, event_type.value, event_details, event_id)
            self._execution.log_event(self._history_event_list[-1])
            return event_id

    def cut_short(self, failed: Any, others: Sequence[Any]) -> None:
        """Tell what the failure in one environment cuts short in the others, which are heard no
        more. Does nothing where the one was cut short before."""
        with self.gate:
            track = failed.event_history_context
            if is_abandoned(track):
                return
            for environment in (failed, *others):
                for event_type, details in cut_short(environment, own=environment is failed):
                    self.add_event(track, event_type, details, update_source_event_id=False)
                if environment is not failed:
                    abandon(environment)

    def _drops(self, context: Any, event_type: Any, details: Mapping[str, Any] | None) -> bool:
        if self._ended or event_type is None or is_abandoned(context):
            return True
        last = self._history_event_list[-1] if self._history_event_list else {}
        if event_type.value != "EvaluationFailed" or last.get("type") != event_type:
            return False
        # a Task or Map reports a failed evaluation once more, perhaps without the state's name
        reported = (details or {}).get("evaluationFailedEventDetails") or {}
        known = "state" not in reported or reported == last["evaluationFailedEventDetails"]
        return last["id"] == context.source_event_id and known

    def events(self) -> list[EventDocument]:
        """What happened so far, oldest first, ids 1, 2, 3 …"""
        with self.gate:
            return list(self._history_event_list)


def shown(event: EventDocument, *, data: bool) -> dict[str, Any]:
    """The event as GetExecutionHistory answers it; without `data`, payloads are left out."""
    answer = dict(event) | {"timestamp": datetime.fromisoformat(event["timestamp"])}
    for field, details in event.items():
        if isinstance(details, Mapping):
            said = {key: value for key, value in details.items() if value is not None}
            answer[field] = said if data else {k: said[k] for k in said if k not in _PAYLOADS}
    return answer
