"""Keeps a history that ends once, and ends the execution with its terminal event.

moto writes the status after the last event, lets tasks that are still out append to a finished
history, and shows a stop only when the state at hand is done. Here status and history can't
disagree, and nothing follows the end but a redrive.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager

ENDS = {
    "ExecutionSucceeded": ExecutionStatus.SUCCEEDED,
    "ExecutionFailed": ExecutionStatus.FAILED,
    "ExecutionTimedOut": ExecutionStatus.TIMED_OUT,
    "ExecutionAborted": ExecutionStatus.ABORTED,
}
_PAYLOADS = ("input", "output", "parameters", "inputDetails", "outputDetails")

EventDocument = Mapping[str, Any]
OnEnd = Callable[[Any, Mapping[str, Any], datetime], None]


class History(EventManager):  # type: ignore[misc] # moto has no types
    """`on_end(status, details, at)` is called under `gate`, with the terminal event's details. A
    redrive goes on in a new History made from the `ended` one, whose tasks are heard no more."""

    _history_event_list: list[EventDocument]
    _event_id_gen: Any

    def __init__(self, on_end: OnEnd, ended: "History | None" = None) -> None:
        super().__init__(None)
        self.gate = RLock()
        self._ended = False
        self._on_end = on_end
        if ended:
            self.gate = ended.gate
            self._history_event_list = ended._history_event_list
            self._event_id_gen = ended._event_id_gen

    def add_event(
        self, context: Any, event_type: Any, event_details: Any = None, **options: Any
    ) -> int:
        """As moto's; an event after the end is dropped, and one without a type was none."""
        at = options.get("timestamp") or now()
        with self.gate:
            if self._drops(context, event_type, event_details):
                return int(context.last_published_event_id)
            if status := ENDS.get(event_type.value):
                self._on_end(status, next(iter((event_details or {}).values()), {}), at)
            options["timestamp"] = at
            event_id: int = super().add_event(context, event_type, event_details, **options)
            self._ended = status is not None  # only now: what broke on the way has to end again
            return event_id

    def _drops(self, context: Any, event_type: Any, details: Mapping[str, Any] | None) -> bool:
        if self._ended or event_type is None:
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


def now() -> datetime:
    """Now, in whole milliseconds as AWS's timestamps are."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def epoch(at: datetime) -> float:
    """A timestamp as the JSON protocol writes it: seconds since 1970."""
    return round(at.timestamp(), 3)


def shown(event: EventDocument, *, data: bool) -> dict[str, Any]:
    """The event as GetExecutionHistory answers it; without `data`, payloads are left out."""
    answer = dict(event)
    answer["timestamp"] = epoch(datetime.fromisoformat(event["timestamp"]))
    for field, details in event.items():
        if isinstance(details, Mapping):
            said = {key: value for key, value in details.items() if value is not None}
            answer[field] = said if data else {k: said[k] for k in said if k not in _PAYLOADS}
    return answer
