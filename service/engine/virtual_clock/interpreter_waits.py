"""Has moto's interpreter, and what works in it, wait, start threads and read the time by the
engine's clock: what they have of `threading`, `time` and `datetime` is exchanged for its own."""

import datetime
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from unittest import mock

from moto.stepfunctions.parser.asl.component.state.wait.wait_function import wait_function

from . import clock

_OF_THE_INTERPRETER = (
    "moto.stepfunctions.parser.",
    "handrail.engine.moto_patches.",
    "handrail.engine.stand_ins.",
    "handrail.engine.map_runs.",
    "handrail.engine.step_functions.",
)


class _AnyDatetime(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, datetime.datetime)


class _Datetime(datetime.datetime, metaclass=_AnyDatetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        at = clock.now()
        return at.astimezone(tz) if tz else at.astimezone().replace(tzinfo=None)


class _Instead(ModuleType):
    """A module in which some names stand for others."""

    def __init__(self, module: ModuleType, **others: Any) -> None:
        super().__init__(module.__name__)
        self._module = module
        vars(self).update(others)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


_BY_THE_CLOCK: dict[Any, Any] = {
    threading.Thread: clock.ClockedThread,
    threading.Event: clock.event,
    threading: _Instead(threading, Thread=clock.ClockedThread, Event=clock.event),
    time: _Instead(time, time=clock.time, sleep=clock.sleep, monotonic=clock.monotonic),
    datetime: _Instead(datetime, datetime=_Datetime),
    datetime.datetime: _Datetime,
}


@contextmanager
def waiting_by_the_clock() -> Iterator[None]:
    """While it lasts, in every module of the interpreter that is imported by then."""
    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            for attribute, value in list(vars(module).items()) if _is_its(name) else ():
                if isinstance(value, type | ModuleType) and value in _BY_THE_CLOCK:
                    instead = _BY_THE_CLOCK[value]
                    stack.enter_context(mock.patch.object(module, attribute, instead))
        wait = mock.patch.object(wait_function.WaitFunction, "_wait_interval", wait_interval)
        stack.enter_context(wait)
        yield


def _is_its(module_name: str) -> bool:
    return module_name.startswith(_OF_THE_INTERPRETER) and ".antlr." not in module_name


def wait_interval(_: Any, env: Any, wait_seconds: float) -> None:
    """Until the time is over or the state is, whichever comes first. moto subtracts the whole
    seconds that passed and waits for the rest once more."""
    if wait_seconds > 0 and env.is_running():
        env.program_state_event.wait(float(wait_seconds))  # what is meant, however long it is
