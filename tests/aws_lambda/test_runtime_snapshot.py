"""Instances that go on from one snapshot of an instance's memory: SnapStart."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
HOOKS = """\
after_restore = []

def register_after_restore(function, *arguments, **options):
    after_restore.append(lambda: function(*arguments, **options))
"""
"""What Lambda's Python brings along: https://pypi.org/project/snapshot-restore-py/"""

CHILD = """\
import json, random, sys
import handrail.lambda_handler

snapshot = random.getstate()

def restored():
    random.setstate(snapshot)
    hooks = sys.modules.get("snapshot_restore_py")
    for hook in hooks.after_restore if hooks else ():
        hook()
    return random.random()

print(json.dumps([restored(), restored()]))
"""


def draws(folder: Path, **environment: str) -> tuple[float, float]:
    """What two instances that are restored from one snapshot draw first."""
    (folder / "snapshot_restore_py.py").write_text(HOOKS)
    ran = subprocess.run(  # noqa: S603 our own interpreter
        [sys.executable, "-W", "error", "-c", CHILD],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
        env={"PYTHONPATH": os.pathsep.join([str(PROJECT), str(folder)]), **environment},
    )
    one, other = json.loads(ran.stdout)
    return one, other


def test_instances_of_one_snapshot_draw_random_numbers_of_their_own(tmp_path: Path) -> None:
    one, other = draws(tmp_path, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")

    assert one != other


def test_without_a_snapshot_nothing_is_hooked(tmp_path: Path) -> None:
    one, other = draws(tmp_path, AWS_LAMBDA_INITIALIZATION_TYPE="on-demand")

    assert one == other
