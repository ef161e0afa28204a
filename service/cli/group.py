"""The command group: lazy commands, and the one edge where errors become a line and a code."""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

import click

from service.core.errors import ServiceError
from service.core.models import ExecutionStatus

DONE, EXECUTION_FAILED, USAGE, UNREACHABLE = 0, 1, 2, 3
INTERRUPTED, BROKEN_PIPE = 130, 141
"""As a shell reports a program that SIGINT or SIGPIPE ended."""


class Failed(Exception):
    """A command's failure: one line on stderr and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = exit_code


class CommandLine(click.Group):
    """A group whose help needs no command's imports. `commands_in`: name → (module, help line)."""

    def __init__(
        self, *args: Any, commands_in: Mapping[str, tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._commands_in = commands_in

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._commands_in)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._commands_in:
            return None
        module, _ = self._commands_in[cmd_name]
        command = getattr(import_module(f".{module}", __package__), cmd_name.replace("-", "_"))
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{cmd_name} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._commands_in.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Nothing more can be said; not even what is still buffered.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(BROKEN_PIPE)
        except Failed as error:
            _end(ctx, error)
        except ServiceError as error:
            _end(ctx, Failed(error.detail, USAGE if error.status < 500 else UNREACHABLE))


def exit_code_of(status: str) -> int:
    """The code for an execution's status; one that is not terminal means the end wasn't seen."""
    if status == ExecutionStatus.SUCCEEDED:
        return DONE
    failed = {ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT, ExecutionStatus.ABORTED}
    return EXECUTION_FAILED if status in failed else UNREACHABLE


def _end(ctx: click.Context, failed: Failed) -> NoReturn:
    click.echo(f"Error: {failed}", err=True)
    ctx.exit(failed.exit_code)
