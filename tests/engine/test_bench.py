"""Executions on timelines of their own: waits, timeouts, retries and heartbeats take no time, and
the history's times are those of real waiting."""

import json
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from handrail.core.cases.outcome import RUNNING, ExecutionOutcome
from handrail.core.definition.machine_file import RenderedMachine
from handrail.core.models import MachineType
from handrail.core.stand_ins.answers import Answer
from handrail.engine.bench import Bench
from handrail.engine.engine import Engine
from handrail.engine.errors import AwsError
from handrail.engine.virtual_clock.clock import RunningClock, going_by
from tests.engine.engine_fixture import FUNCTION, ROLE_ARN, Definition, one_state
from tests.engine.step_functions.test_tasks import waiting_task

pytestmark = pytest.mark.asyncio(loop_scope="session")
YEAR_S = 365 * 86_400
_numbers = count(1)


@pytest.fixture
def bench(engine: Engine) -> Bench:
    return Bench(engine.assembly)


def deployed(bench: Bench, definition: Definition, type: MachineType = MachineType.STANDARD) -> str:
    text = json.dumps(definition)
    machine = RenderedMachine(f"bench-{next(_numbers)}", type, text, activities=("bench",))
    return bench.deploy(machine, ROLE_ARN)


def run(
    bench: Bench, definition: Definition, input: Any = None, **options: Any
) -> ExecutionOutcome:
    return bench.run(deployed(bench, definition), input or {}, **options)


def after_s(outcome: ExecutionOutcome, number: int) -> float:
    return (outcome.events[number].at - outcome.events[0].at).total_seconds()


async def test_a_year_takes_no_time(bench: Bench) -> None:
    arn = deployed(bench, one_state(Type="Wait", Seconds=YEAR_S))
    began_at = time.process_time()
    outcome = bench.run(arn, {})
    assert time.process_time() - began_at < 1
    assert outcome.status == "SUCCEEDED"
    assert [after_s(outcome, number) for number in range(4)] == [0, 0, YEAR_S, YEAR_S]


async def test_branches_wait_beside_each_other(bench: Bench) -> None:
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 2}
    catch = {"ErrorEquals": ["States.ALL"], "Next": "Caught"}
    failing = {"Resource": f"{FUNCTION}nobody", "Retry": [retry], "Catch": [catch]}
    states = {
        "Fails": {"Type": "Task", "Next": "Caught", **failing},
        "Caught": {"Type": "Pass", "End": True},
    }
    waits = [
        {"StartAt": name, "States": {name: {"Type": "Wait", "Seconds": seconds, "End": True}}}
        for name, seconds in (("Soon", 12), ("Late", YEAR_S))
    ]
    branches = [*waits, {"StartAt": "Fails", "States": states}]
    outcome = run(bench, one_state(Type="Parallel", Branches=branches))
    times = {
        (event.type, after_s(outcome, index))
        for index, event in enumerate(outcome.events)
        if event.type in {"LambdaFunctionScheduled", "PassStateEntered", "WaitStateExited"}
    }
    scheduled = {("LambdaFunctionScheduled", float(at)) for at in (0, 5, 15)}
    assert scheduled | {("WaitStateExited", 12.0), ("WaitStateExited", float(YEAR_S))} <= times
    assert outcome.status == "SUCCEEDED"


async def test_what_nobody_answers_times_out_at_once(bench: Bench) -> None:
    outcome = run(bench, waiting_task(TimeoutSeconds=86_400, HeartbeatSeconds=3_600))
    assert (outcome.status, outcome.error) == ("FAILED", "States.Timeout")
    assert after_s(outcome, -1) == 3_600


async def test_an_activity_without_a_worker_times_out_at_once(bench: Bench) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:activity:bench"
    outcome = run(bench, one_state(Type="Task", Resource=arn, TimeoutSeconds=600))
    assert (outcome.error, after_s(outcome, -1)) == ("States.Timeout", 600)


async def test_what_waits_for_ever_is_told(bench: Bench) -> None:
    outcome = run(bench, waiting_task())
    assert (outcome.status, outcome.unfinished) == (RUNNING, ("A",))


async def test_a_state_machine_s_own_timeout(bench: Bench) -> None:
    outcome = run(bench, {**one_state(Type="Wait", Seconds=YEAR_S), "TimeoutSeconds": 60})
    assert (outcome.status, after_s(outcome, -1)) == ("TIMED_OUT", 60)


async def test_an_express_execution_has_five_minutes(bench: Bench) -> None:
    arn = deployed(bench, one_state(Type="Wait", Seconds=YEAR_S), MachineType.EXPRESS)
    outcome = bench.run(arn, {})
    assert (outcome.status, after_s(outcome, -1)) == ("TIMED_OUT", 300)


async def test_the_context_object_tells_the_time_that_is_shown(bench: Bench) -> None:
    definition = one_state(Type="Pass", Parameters={"at.$": "$$.State.EnteredTime"})
    definition["States"]["W"] = {"Type": "Wait", "Seconds": YEAR_S, "Next": "A"}
    outcome = run(bench, {**definition, "StartAt": "W"})
    year = str(outcome.events[-1].at.year)
    assert outcome.output["at"].startswith(year)
    assert year != str(outcome.events[0].at.year)


async def test_a_handler_s_own_time_is_no_jump(bench: Bench) -> None:
    """A function that is at work is not overtaken by a timeout that hasn't passed."""
    state = {"Type": "Task", "Resource": f"{FUNCTION}echo", "TimeoutSeconds": 60}
    outcome = run(bench, one_state(**state), {"a": 1})
    assert (outcome.status, outcome.output) == ("SUCCEEDED", {"a": 1})
    assert after_s(outcome, -1) < 60


async def test_a_nested_execution_has_the_time_of_its_parent(bench: Bench) -> None:
    child = deployed(bench, one_state(Type="Wait", Seconds=60))
    parent = one_state(
        Type="Task",
        Resource="arn:aws:states:::states:startExecution.sync:2",
        Parameters={"StateMachineArn": child, "Input": {}},
    )
    outcome = run(bench, parent)
    assert outcome.status == "SUCCEEDED"
    assert 60 <= after_s(outcome, -1) < 62


async def test_a_faster_clock_shows_the_time_that_is_waited_for(bench: Bench) -> None:
    arn = deployed(bench, one_state(Type="Wait", Seconds=3_600))
    with going_by(RunningClock(100_000)):
        execution = bench._start({"stateMachineArn": arn, "name": "fast", "input": "{}"})
        assert execution.done.wait(10 * 3_600)
    took = execution.stop_date - execution.start_date
    assert took.total_seconds() >= 3_600
    assert (datetime.now(UTC) - execution.start_date).total_seconds() < 3_600


async def test_stand_ins_are_those_of_the_case_alone(bench: Bench) -> None:
    arn = deployed(bench, one_state(Type="Task", Resource=f"{FUNCTION}nobody"))
    machine = arn.rpartition(":")[2]
    with bench.case(machine, Path(), {"A": Answer.of({"b": 2})}, {}) as case:
        assert bench.run(arn, {}, case=case).output == {"b": 2}
    with bench.case(machine, Path(), {"A": lambda event: {"c": event["a"]}}, {}) as case:
        assert bench.run(arn, {"a": 3}, case=case).output == {"c": 3}
    assert bench.run(arn, {}).status == "FAILED"
    with pytest.raises(AwsError, match="no test case"):
        bench.run(arn, {}, case=case)


async def test_task_tokens_are_in_no_event(bench: Bench) -> None:
    arn = deployed(bench, waiting_task(TimeoutSeconds=5))
    with bench.started(arn, {}) as (execution, timeline):
        timeline.until(execution.done)
        tokens = execution.callbacks.tokens()
    assert tokens
    shown = json.dumps([dict(event.details) for event in bench.run(arn, {}).events], default=str)
    assert "[redacted]" in shown
    assert not any(token in shown for token in tokens)


async def test_values_at_paths(bench: Bench) -> None:
    assert bench.value_at("$.a[1]", {"a": [1, 2]}) == 2
    with pytest.raises(LookupError):
        bench.value_at("$.b", {"a": 1})
    with pytest.raises(AwsError, match="no JSONPath"):
        bench.value_at("$[", {})


async def test_expressions_tell_the_time_of_the_timeline(bench: Bench) -> None:
    output = {"now": "{% $millis() %}", "entered": "{% $states.context.State.EnteredTime %}"}
    states = {
        "Wait": {"Type": "Wait", "Seconds": YEAR_S, "Next": "Tell"},
        "Tell": {"Type": "Pass", "Output": output, "End": True},
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "Wait", "States": states}
    told: Any = run(bench, definition).output
    assert told["now"] == datetime.fromisoformat(told["entered"]).timestamp() * 1000


@pytest.mark.parametrize("type", ["EXPRESS", "STANDARD"])
async def test_child_executions_of_map_runs_are_told_of(bench: Bench, type: str) -> None:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": type},
        "StartAt": "Item",
        "States": {"Item": {"Type": "Pass", "End": True}},
    }
    outcome = run(bench, one_state(Type="Map", ItemProcessor=processor), [1, 2])
    assert [child.output for child in outcome.children] == [1, 2]
