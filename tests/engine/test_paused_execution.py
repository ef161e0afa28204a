"""Time stands still while a test answers a task by its token, and goes on when it is told to."""

import pytest

from handrail.core.cases.outcome import RUNNING
from handrail.core.errors import TaskNotFound
from handrail.engine.bench import Bench
from handrail.engine.engine import Engine
from tests.engine.engine_fixture import one_state
from tests.engine.step_functions.test_tasks import waiting_task
from tests.engine.test_bench import after_s, deployed

pytestmark = pytest.mark.asyncio(loop_scope="session")
DAY_S = 86_400


@pytest.fixture
def bench(engine: Engine) -> Bench:
    return Bench(engine.assembly)


async def test_a_task_is_answered_before_its_timeout(engine: Engine, bench: Bench) -> None:
    definition = waiting_task(TimeoutSeconds=60)
    definition["States"]["W"] = {"Type": "Wait", "Seconds": DAY_S, "Next": "A"}
    answer = engine.assembly.in_process.call
    with bench.paused(deployed(bench, {**definition, "StartAt": "W"}), {}) as execution:
        answer("SendTaskSuccess", {"taskToken": execution.token(), "output": '"yes"'})
        result = execution.result()
    assert (result.status, result.output, after_s(result, -1)) == ("SUCCEEDED", "yes", DAY_S)


async def test_each_attempt_has_its_token(engine: Engine, bench: Bench) -> None:
    retry = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3_600}]
    answer = engine.assembly.in_process.call
    with bench.paused(deployed(bench, waiting_task(Retry=retry)), {}) as execution:
        first = execution.token()
        answer("SendTaskFailure", {"taskToken": first, "error": "Busy"})
        second = execution.token()
        assert second != first
        answer("SendTaskSuccess", {"taskToken": second, "output": "1"})
        assert after_s(execution.result(), -1) == 3_600


async def test_an_activity_s_task_is_taken(engine: Engine, bench: Bench) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:activity:bench"
    machine = deployed(bench, one_state(Type="Task", Resource=arn, TimeoutSeconds=60))
    with bench.paused(machine, {}) as execution:
        done = {"taskToken": execution.token(), "output": "2"}
        engine.assembly.in_process.call("SendTaskSuccess", done)
        assert execution.result().output == 2


async def test_who_answers_nothing_is_timed_out(bench: Bench) -> None:
    with bench.paused(deployed(bench, waiting_task(TimeoutSeconds=60)), {}) as execution:
        execution.token()
        assert execution.result().error == "States.Timeout"
    with bench.paused(deployed(bench, waiting_task()), {}) as execution:
        execution.token()
        assert execution.result().status == RUNNING


async def test_no_other_task_waits(bench: Bench) -> None:
    with bench.paused(deployed(bench, one_state(Type="Wait", Seconds=1)), {}) as execution:
        with pytest.raises(TaskNotFound):
            execution.token()
        assert execution.result().status == "SUCCEEDED"
