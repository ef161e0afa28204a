"""The interpreter comes without moto.ec2, whose import takes as long as all the rest."""

import subprocess
import sys

CODE = """
import sys
from handrail.engine.lean_import import import_interpreter
import_interpreter()
assert not any(name.startswith("moto.ec2") for name in sys.modules)
from moto.batch.utils import JobStatus as its_own
import moto.batch
assert moto.batch.batch_backends is not None
assert moto.batch.utils.JobStatus is its_own
assert any(name.startswith("moto.ec2") for name in sys.modules)
"""


def test_moto_batch_is_imported_for_whoever_asks_for_it_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
