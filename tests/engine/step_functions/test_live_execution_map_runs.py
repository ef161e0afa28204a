"""An execution's Map Runs, from when they begin."""

from types import SimpleNamespace
from typing import Any

from handrail.engine.step_functions.live_execution import LiveMapRuns
from tests.engine.map_runs.test_map_run import live_run


def test_one_that_never_began_is_none() -> None:
    """A state may be stopped between moto's record of a Map Run and its first event."""
    execution: Any = SimpleNamespace(account=SimpleNamespace(map_runs={}))
    runs, run = LiveMapRuns(execution), live_run()
    runs.add(run)
    assert (runs.started, execution.account.map_runs) == ([], {})
    runs.begin(run)
    assert execution.account.map_runs == {run.map_run_arn: run}
    runs.abort()
    assert run.status == "ABORTED"
