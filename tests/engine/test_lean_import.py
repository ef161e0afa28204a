"""The interpreter comes without moto.ec2, whose import takes as long as all the rest."""

import subprocess
import sys

CODE = """
import sys
from handrail.engine.lean_import import import_interpreter
import_interpreter()
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_batch as task
)
assert "FAILED" in task._BATCH_JOB_TERMINATION_STATUS_SET
assert not any(name.startswith(("moto.ec2", "moto.batch")) for name in sys.modules)
"""


def test_moto_batch_is_left_for_whoever_asks_for_it() -> None:
    command = [sys.executable, "-c", CODE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 ours
    assert done.stderr == ""
    assert done.returncode == 0
