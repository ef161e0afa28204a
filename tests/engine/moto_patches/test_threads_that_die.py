"""Whatever breaks inside the interpreter, wherever: the execution ends, and the next one works."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, Definition, types

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # a call broken between its answer and the reading of it leaves its connection to the collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

INTERPRETER = ("/moto/stepfunctions/parser/", "/handrail/engine/")
STARTERS = {"threading.py", "clock.py"}
STATE_S_THREAD = "ExecuteState._evaluate_with_timeout.<locals>._exec_and_notify"
TEST_STATE = "/handrail/engine/single_state/"  # looks on from outside where TestState asks for it
SERVING = "process_request_thread"
LAST_RESORT = "LiveExecution._close"
PATCH = "_wrapped.<locals>.<lambda>"


class Wordless(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


ERRORS = (ValueError, KeyError, RecursionError, MemoryError, Wordless, SystemExit)


class Fault:
    """Raises `error` at the `at`th call of the interpreter's, in whichever of its threads that is.
    Spared are the function a thread starts with, patched or not, which stands for the thread
    itself, what a state's thread calls first, and the last resort of an execution."""

    def __init__(self, at: int | None = None, error: type[BaseException] = ValueError) -> None:
        self.calls = 0
        self.place = ""
        self.in_handler = False  # whose errors are the state's by their own names
        self._at = at
        self._error = error
        self._lock = threading.Lock()

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or not _interprets(frame):
            return
        with self._lock:
            self.calls += 1
            due = self.calls == self._at
        if due:
            self.in_handler = _within(frame, "HandlerFunctions.invoke")
            self.place = f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_qualname}"
            raise self._error


def _interprets(frame: FrameType) -> bool:
    caller = frame.f_back
    while caller and _looks_on(caller):
        caller = caller.f_back
    return (
        any(part in frame.f_code.co_filename for part in INTERPRETER)
        and SERVING not in threading.current_thread().name
        and TEST_STATE not in frame.f_code.co_filename
        and not (caller and Path(caller.f_code.co_filename).name in STARTERS)
        and not (caller and caller.f_code.co_qualname == STATE_S_THREAD)
        and not _within(frame, LAST_RESORT)
    )


def _looks_on(frame: FrameType) -> bool:
    return frame.f_code.co_qualname == PATCH or TEST_STATE in frame.f_code.co_filename


def _within(frame: FrameType | None, function: str) -> bool:
    while frame is not None:
        if frame.f_code.co_qualname == function:
            return True
        frame = frame.f_back
    return False


@contextmanager
def in_new_threads(fault: Fault) -> Iterator[Fault]:
    before = threading.gettrace()
    threading.settrace(fault)
    try:
        yield fault
    finally:
        threading.settrace(before)


def mapping(item: str = "Each", **fields: Any) -> dict[str, Any]:
    each: Definition = {"StartAt": item, "States": {item: {"Type": "Pass", "End": True}}}
    return {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": fields | each}


TASKS: dict[str, dict[str, Any]] = {
    "Call": {"Resource": FUNCTION + "echo", "OutputPath": "$.mapped"},
    "Integrate": {
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "echo", "Payload.$": "$.items"},
        "OutputPath": "$.Payload",
    },
}
JSONPATH: Definition = {
    "StartAt": "Pass",
    "States": {
        "Pass": {
            "Type": "Pass",
            "Parameters": {"items.$": "States.Array(1, 2)", "at.$": "$$.State.Name"},
            "Next": "Choose",
        },
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.at", "StringEquals": "Pass", "Next": "Wait"}],
        },
        "Wait": {"Type": "Wait", "Seconds": 0, "Next": "Map"},
        "Map": mapping() | {"ResultPath": "$.mapped", "Next": "Apart"},
        "Apart": mapping(
            "Far", ProcessorConfig={"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        )
        | {"ResultPath": "$.apart", "MaxConcurrency": 1, "Next": "Parallel"},
        "Parallel": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": name, "States": {name: {**task, "Type": "Task", "End": True}}}
                for name, task in TASKS.items()
            ],
            "ResultSelector": {"called.$": "$[0]", "integrated.$": "$[1]"},
            "Next": "End",
        },
        "End": {"Type": "Succeed"},
    },
}
JSONATA: Definition = {
    "QueryLanguage": "JSONata",
    "StartAt": "Assign",
    "States": {
        "Assign": {"Type": "Pass", "Assign": {"n": "{% 1 + 1 %}"}, "Next": "Call"},
        "Call": {
            "Type": "Task",
            "Resource": FUNCTION + "echo",
            "Arguments": {"n": "{% $n %}"},
            "Output": "{% $states.result.n %}",
            "End": True,
        },
    },
}
DEFINITIONS = {
    "JSONPath": (JSONPATH, {"called": [1, 2], "integrated": [1, 2]}),
    "JSONata": (JSONATA, 2),
}


@pytest.mark.parametrize("language", DEFINITIONS)
async def test_an_execution_ends_wherever_the_interpreter_breaks(
    calls: Calls, language: str
) -> None:
    definition, output = DEFINITIONS[language]
    machine = await calls.create(definition)
    with in_new_threads(Fault()) as counting:
        await calls.ended(await calls.start(machine))
    assert counting.calls > 500
    dice = random.Random(0)  # noqa: S311 no secret
    failed = 0
    for number in range(24):
        at, error = dice.randint(1, counting.calls), ERRORS[number % len(ERRORS)]
        with in_new_threads(Fault(at, error)) as fault:
            ended = await calls.ended(await calls.start(machine))
        where = f"{error.__name__} in {fault.place}"
        if ended["status"] == "FAILED":
            failed += 1
            named = (error.__name__,) if fault.in_handler else ()
            assert ended["error"].startswith(("States.", "Lambda.", *named)), where
            events = await calls.history(ended["executionArn"])
            assert types(events)[-1] == "ExecutionFailed", where
        else:
            assert json.loads(ended["output"]) == output, where
    assert failed >= 12  # the number of calls varies with its threads: some faults come too late
    ended = await calls.ended(await calls.start(machine))
    assert json.loads(ended["output"]) == output
