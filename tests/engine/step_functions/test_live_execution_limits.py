"""How long a history gets, and what its end follows."""

from types import SimpleNamespace
from typing import Any

import pytest
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext

from handrail.engine.step_functions.live_execution import LiveExecution
from handrail.engine.step_functions.live_history import History
from handrail.engine.virtual_clock import clock
from tests.engine.engine_fixture import Calls, one_state, types


class Running:
    """As much of an execution as its history asks of it."""

    def __init__(self) -> None:
        self.ended: list[Any] = []
        self.history: Any = None
        self.clock = clock.current()

    now = LiveExecution.now
    run_out_of_events = LiveExecution.run_out_of_events

    def log_event(self, event: Any) -> None:
        """Nothing is logged."""

    def end(self, *how: Any) -> None:
        self.ended.append(how)

    def _end_early(self, event_type: Any, details: Any) -> None:
        self.history.add_event(EventHistoryContext.of_program_start(), event_type, details)


def test_the_25000th_event_ends_the_execution() -> None:
    execution: Any = Running()
    execution.history = history = History(execution)
    track = EventHistoryContext.of_program_start()
    for _ in range(25_100):
        history.add_event(track, HistoryEventType.PassStateEntered)
    events = history.events()
    assert len(events) == 25_000
    assert [event["type"].value for event in events[-2:]] == ["PassStateEntered", "ExecutionFailed"]
    assert events[-1]["executionFailedEventDetails"] == {
        "error": "States.Runtime",
        "cause": "The execution reached the maximum number of history events (25000).",
    }
    assert len(execution.ended) == 1


@pytest.mark.asyncio(loop_scope="session")
async def test_a_timeout_follows_no_event(calls: Calls) -> None:
    definition = one_state(Type="Wait", Seconds=600) | {"TimeoutSeconds": 1}
    ended = await calls.run(definition)
    events = await calls.history(ended["executionArn"])
    assert (ended["status"], types(events)[-1]) == ("TIMED_OUT", "ExecutionTimedOut")
    assert events[-1]["previousEventId"] == 0


def test_one_that_broke_before_it_had_a_thread_can_be_stopped() -> None:
    interrupted: list[bool] = []
    callbacks = SimpleNamespace(interrupt=lambda: interrupted.append(True))
    execution: Any = SimpleNamespace(exec_worker=None, callbacks=callbacks)
    LiveExecution._release(execution)
    assert interrupted == [True]
