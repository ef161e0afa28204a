"""`handrail completion`: the scripts."""

import subprocess

import pytest
from click.testing import CliRunner

from handrail.cli import main


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
