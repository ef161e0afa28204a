"""`handrail completion`: the scripts, and bash completing with its own in a pseudo-terminal."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli import main
from tests.client.fake_service import EXECUTION, FakeService, snapshot, state

from .conftest import Serving
from .terminal import Terminal

LISTED = (200, {"executions": [{"execution": EXECUTION, "status": "RUNNING", "started_at": "t"}]})


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where `handrail` is found, whatever is installed."""
    program = tmp_path / "handrail"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m service "$@"\n')
    program.chmod(0o755)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("shell", "registers"),
    [
        ("bash", "complete -o nosort -F _handrail_completion handrail"),
        ("zsh", "compdef _handrail_completion handrail"),
        ("fish", "complete --no-files --command handrail"),
    ],
)
def test_a_script_registers_the_program_and_asks_it(shell: str, registers: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert registers in result.stdout
    assert f"_HANDRAIL_COMPLETE={shell}_complete" in result.stdout


def test_bash_takes_the_script() -> None:
    script = CliRunner().invoke(main, ["completion", "bash"]).stdout
    command = ["/bin/bash", "-n"]
    checked = subprocess.run(  # noqa: S603 - our own script, read and not run
        command, input=script, check=True, capture_output=True, text=True
    )
    assert checked.stderr == ""


@pytest.mark.parametrize(
    ("shell", "environment", "answer"),
    [
        ("zsh", {"COMP_WORDS": "handrail wat", "COMP_CWORD": "1"}, "plain\nwatch\nWatch an"),
        ("fish", {"COMP_WORDS": "handrail wat", "COMP_CWORD": "wat"}, "plain,watch\tWatch an"),
    ],
)
def test_other_shells_are_answered(shell: str, environment: dict[str, str], answer: str) -> None:
    asked = {**environment, "_HANDRAIL_COMPLETE": f"{shell}_complete"}
    result = CliRunner().invoke(main, [], env=asked, prog_name="handrail")
    assert (result.exit_code, result.stdout.startswith(answer)) == (0, True)


@pytest.mark.parametrize("args", [[], ["tcsh"]])
def test_a_shell_that_is_not_known_is_usage(args: list[str]) -> None:
    result = CliRunner().invoke(main, ["completion", *args])
    assert result.exit_code == 2
    assert "bash" in result.stderr


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
async def test_bash_completes(typed: str, completed: str, path: str, serving: Serving) -> None:
    service = FakeService(answers=[LISTED], snapshots=[snapshot(state("Wait for (it)", "RUNNING"))])
    environment = {
        "HANDRAIL_URL": await serving(service),
        "PS1": "$ ",
        "PATH": f"{path}:/usr/bin:/bin",
    }
    command = ["bash", "--norc", "--noprofile", "-i"]
    async with Terminal(command=command, columns=200, environment=environment) as terminal:
        terminal.type(f'eval "$(handrail completion bash)"; {BIND}; PS1=READY\n')
        await terminal.until(lambda lines: "READY" in lines)
        terminal.type(f"{typed}\x18z")
        lines = await terminal.until(lambda lines: any(line.startswith("<") for line in lines))
    words = "".join(f"<{word}>" for word in shlex.split(completed))
    assert words in [line.partition("READY")[0] for line in lines]
