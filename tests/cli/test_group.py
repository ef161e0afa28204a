"""The command group: its help, and errors as one line and an exit code."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from handrail.cli import main
from handrail.cli.group import CommandLine
from handrail.core.errors import ExecutionNotFound, StartupError, Throttled

from .commands import imported

ROOT = Path(__file__).parents[2]


def raising(error: BaseException) -> click.Group:
    class One(CommandLine):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
            def fail() -> None:
                raise error

            return click.Command(cmd_name, callback=fail)

    return One(commands_in={"fail": ("none", "")})


@pytest.mark.parametrize(
    ("error", "exit_code", "stderr"),
    [
        (KeyboardInterrupt(), 130, ""),
        (ExecutionNotFound("No such one."), 2, "Error: No such one.\n"),
        (StartupError("HANDRAIL_AUTH: is\nnot set."), 2, "Error: HANDRAIL_AUTH: is not set.\n"),
        (Throttled("Too much."), 3, "Error: Too much.\n"),
    ],
)
def test_errors_end_in_one_line_and_a_code(
    error: BaseException, exit_code: int, stderr: str
) -> None:
    result = CliRunner().invoke(raising(error), ["fail"])
    assert (result.exit_code, result.stderr) == (exit_code, stderr)


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_command_the_help_names_is_there(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert (result.exit_code, result.output.startswith("Usage:")) == (0, True)


@pytest.mark.parametrize("name", ["", *main.list_commands(click.Context(main))])
def test_h_is_help_and_shows_an_example(name: str) -> None:
    result = CliRunner().invoke(main, [*name.split(), "-h"])
    assert (result.exit_code, result.output.startswith("Usage:")) == (0, True)
    _, _, examples = result.output.partition("Example")
    assert f"handrail {name}" in examples


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_command_stands_in_the_documents(name: str) -> None:
    readme, page = (ROOT / "README.md").read_text(), (ROOT / "docs/command-line.md").read_text()
    assert re.search(rf"`(?:eval \"\$\()?(?:handrail )?{name}[` ]", readme)
    assert re.search(rf"^\| `{name}[` ]", page, re.MULTILINE)


@pytest.mark.parametrize(
    ("args", "meant"),
    [
        (["wacht", "x"], "No such command 'wacht'. Did you mean 'watch'?"),
        (["machine"], "No such command 'machine'. Did you mean 'machines'?"),
        (["start", "x", "--imput", "{}"], "No such option '--imput'. Did you mean '--input'?"),
        (["list", "--status", "DONE"], "'DONE' is not one of 'RUNNING', 'SUCCEEDED'"),
    ],
)
def test_what_was_meant_is_guessed(args: list[str], meant: str) -> None:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 2
    assert meant in result.stderr


def test_no_command_is_usage() -> None:
    assert CliRunner().invoke(main, []).exit_code == 2


def run(*args: str, **environment: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "handrail", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )


def test_a_closed_pipe_ends_it_silently() -> None:
    with run("completion", "zsh") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait() == 141
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_what_the_locale_can_not_spell_is_no_error(tmp_path: Path) -> None:
    machine = {"StartAt": "é支", "States": {"é支": {"Type": "Task", "Next": "no"}}}
    file = tmp_path / "machine.asl.json"
    file.write_text(json.dumps(machine))
    with run("lint", str(file), PYTHONIOENCODING="latin-1") as process:
        output, error = process.communicate()
    assert process.returncode == 1
    assert b"\xe9\\u652f" in output
    assert b"Traceback" not in error


def test_help_imports_nothing_heavy() -> None:
    modules = imported("from handrail.cli import main; main(['--help'], standalone_mode=False)")
    assert "handrail.cli" in modules
    assert modules.isdisjoint({"aiohttp", "rich", "quart", "aioboto3", "pydantic", "moto"})
