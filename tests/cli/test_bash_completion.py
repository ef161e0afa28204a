"""Bash completes with the script, in a pseudo-terminal. It takes bash 4.4; macOS brings 3.2."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.fake_service import EXECUTION, FakeService, snapshot, state

from .conftest import Serving
from .terminal import Terminal

LISTED = (200, {"executions": [{"execution": EXECUTION, "status": "RUNNING", "started_at": "t"}]})


@pytest.fixture(scope="module")
def bash() -> str:
    found = shutil.which("bash")
    if found is None:
        pytest.skip("no bash: none is in the PATH")
    asking = [found, "-c", "echo ${BASH_VERSINFO[0]} ${BASH_VERSINFO[1]}"]
    answer = subprocess.run(asking, check=True, capture_output=True, text=True)  # noqa: S603 a bash
    if tuple(map(int, answer.stdout.split())) < (4, 4):
        pytest.skip("no bash 4.4: an older one is in the PATH")
    return found


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where `handrail` is found, whatever is installed."""
    program = tmp_path / "handrail"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m handrail "$@"\n')
    program.chmod(0o755)
    return str(tmp_path)


BIND = """bind '"\\C-xz": "\\t\\C-aprintf \\"<%s>\\" \\C-m"'"""
"""One key completes what is typed, and then prints it as the words a command would get."""
LINES = {
    "handrail wat": "handrail watch",
    "handrail start --wa": "handrail start --watch",
    "handrail list --status=fa": "handrail list --status=FAILED",
    "handrail start or": "handrail start order",
    "handrail show @l": "handrail show @latest",
    "handrail show order:7": f"handrail show {EXECUTION}",
    "handrail show 'order:7": f"handrail show {EXECUTION}",
    f"handrail show {EXECUTION} Wa": f"handrail show {EXECUTION} 'Wait for (it)'",
    f"handrail show {EXECUTION} Wait\\ f": f"handrail show {EXECUTION} 'Wait for (it)'",
    f"handrail show {EXECUTION} 'Wait f": f"handrail show {EXECUTION} 'Wait for (it)'",
    "handrail show nothing:7": "handrail show nothing:7",
}


@pytest.mark.parametrize(("typed", "completed"), LINES.items())
async def test_bash_completes(
    typed: str, completed: str, bash: str, path: str, serving: Serving
) -> None:
    service = FakeService(answers=[LISTED], snapshots=[snapshot(state("Wait for (it)", "RUNNING"))])
    environment = {
        "HANDRAIL_URL": await serving(service),
        "PS1": "$ ",
        "PATH": f"{path}:/usr/bin:/bin",
    }
    command = [bash, "--norc", "--noprofile", "-i"]
    async with Terminal(command=command, columns=200, environment=environment) as terminal:
        terminal.type(f'eval "$(handrail completion bash)"; {BIND}; PS1=READY\n')
        await terminal.until(lambda lines: "READY" in lines)
        terminal.type(f"{typed}\x18z")
        lines = await terminal.until(lambda lines: any(line.startswith("<") for line in lines))
    words = "".join(f"<{word}>" for word in shlex.split(completed))
    assert words in [line.partition("READY")[0] for line in lines]
