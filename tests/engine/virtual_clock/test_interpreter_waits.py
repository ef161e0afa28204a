"""The interpreter has the clock's threads, events, sleeps and times, and its patches do too."""

import datetime
from types import SimpleNamespace

from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec import execute_state
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import timestamp

from handrail.engine.virtual_clock import clock
from handrail.engine.virtual_clock.clock import ClockedThread, going_by
from handrail.engine.virtual_clock.interpreter_waits import wait_interval, waiting_by_the_clock
from handrail.engine.virtual_clock.timeline import NEVER_S, Timeline

AT = datetime.datetime(2030, 5, 6, tzinfo=datetime.UTC)


def test_while_it_lasts_the_interpreter_waits_by_the_clock() -> None:
    before = execute_state.Thread, retrier_decl.time
    with waiting_by_the_clock():
        assert execute_state.Thread is ClockedThread
        assert execute_state.threading.Event is clock.event
        assert retrier_decl.time.sleep is clock.sleep
        with going_by(Timeline(AT)):
            assert timestamp.datetime.datetime.now(datetime.UTC) == AT
            assert isinstance(AT, timestamp.datetime.datetime)
        assert execute_state.threading.Lock is not None  # what is nobody's wait stays
    assert (execute_state.Thread, retrier_decl.time) == before


def test_a_wait_of_a_task_s_default_timeout_is_meant() -> None:
    timeline = Timeline(AT)
    with going_by(timeline):
        env = SimpleNamespace(program_state_event=clock.event(), is_running=lambda: True)
        thread = ClockedThread(target=wait_interval, args=(None, env, NEVER_S))
        thread.start()
    assert timeline.until(thread._over)
    assert timeline.now() == AT + datetime.timedelta(seconds=NEVER_S)
