"""The command group: its help, and errors as one line and an exit code."""

import click
import pytest
from click.testing import CliRunner

from service.cli import main
from service.cli.group import CommandLine
from service.core.errors import ExecutionNotFound, StartupError, Throttled

from .commands import imported


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


def test_help_imports_nothing_heavy() -> None:
    modules = imported("from service.cli import main; main(['--help'], standalone_mode=False)")
    assert "service.cli" in modules
    assert modules.isdisjoint({"aiohttp", "rich", "quart", "aioboto3", "pydantic", "moto"})
