"""pytest finds the plugin, its fixtures, and files of cases where that is asked for."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.entrypoints.case_projects import PAID, write_case, write_machine

ROOT = Path(__file__).parents[2]
TEST = """
from handrail.core.models import Json


def test_a_charge(run_machine, handrail_engine):
    result = run_machine("charge", {"a": 1}, stand_ins={"Charge": lambda event: event["a"] + 1})
    assert (result.status, result.output) == ("SUCCEEDED", 2)
    assert result.states == ("Charge", "Later")
"""


DETECT = "arn:aws:states:::aws-sdk:comprehend:detectSentiment"
READING = {
    "StartAt": "Read",
    "States": {"Read": {"Type": "Task", "Resource": DETECT, "End": True}},
}


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "handrail.testing.plugin"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "", "PYTHONWARNINGS": ""}
    variables["HANDRAIL_STAND_IN_CHECKS"] = "none"  # READING needs it
    return subprocess.run(  # noqa: S603 our own
        [*command, "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_fixtures_and_cases(tmp_path: Path) -> None:
    """In a process of its own: an engine is one a process, and this one has one."""
    charge = write_machine(tmp_path / "machines" / "charge")
    write_case(charge, "paid", stand_ins=PAID, expect={"status": "SUCCEEDED"})
    write_case(charge, "wrong", stand_ins=PAID, expect={"status": "FAILED"})
    reading = write_machine(tmp_path / "machines" / "reading", READING)
    unlike = {"Read": {"return": {"Sentiment": "unheard of"}}}
    write_case(reading, "unlike", stand_ins=unlike, expect={"status": "SUCCEEDED"})
    (charge / "cases" / "bad.json").write_text("{")
    (tmp_path / "test_charge.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nhandrail_state_machines = machines\n")
    done = pytest_in(tmp_path, "--handrail-cases")
    assert "2 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    assert "status: expected FAILED, was SUCCEEDED" in done.stdout
    assert "bad.json:1:2: is not JSON" in done.stdout
    assert done.returncode == 1


def test_cases_are_no_tests_unless_asked_for(pytestconfig: pytest.Config) -> None:
    plugin = pytest.importorskip("handrail.testing.plugin")
    assert plugin.pytest_collect_file(Path("order/cases/paid.json"), Unasked()) is None


class Unasked:
    """A collector whose pytest was started without --handrail-cases."""

    config = property(lambda self: self)

    def getoption(self, name: str) -> bool:
        assert name == "--handrail-cases"
        return False


def test_the_plugin_is_declared() -> None:
    declared = (ROOT / "pyproject.toml").read_text()
    assert '"handrail.testing.plugin" = "handrail.testing.plugin"' in declared
    for found in entry_points(group="pytest11"):
        assert "handrail" not in found.name or found.load().__name__ == "handrail.testing.plugin"
