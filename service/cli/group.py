"""The command group: lazy commands, and the one edge where errors become a line and a code."""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from service.core.errors import ServiceError, StartupError
from service.core.models import ExecutionStatus

DONE, EXECUTION_FAILED, USAGE, UNREACHABLE = 0, 1, 2, 3
INTERRUPTED, BROKEN_PIPE = 130, 141
"""As a shell reports a program that SIGINT or SIGPIPE ended."""


class Failed(click.ClickException):
    """The command can't do what it was asked: one line on stderr and an exit code."""

    exit_code = USAGE

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class Unreachable(Failed):
    """The service or AWS can't be reached."""

    exit_code = UNREACHABLE


class CommandLine(click.Group):
    """A group whose help needs no command's imports, and whose commands return their exit code, or
    None for 0. `commands_in`: name → (module, help line)."""

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
        module = import_module(f".{self._commands_in[cmd_name][0]}", __package__)
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._commands_in.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            ctx.exit(super().invoke(ctx) or DONE)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Nothing more can be said; not even what is still buffered.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(BROKEN_PIPE)
        except StartupError as error:
            raise Failed(str(error)) from error
        except ServiceError as error:
            kind = Failed if error.status < 500 else Unreachable
            raise kind(error.detail) from error


def exit_code_of(status: str) -> int:
    """Answers for an execution's status; one that is not terminal means the end wasn't seen."""
    if status == ExecutionStatus.SUCCEEDED:
        return DONE
    failed = {ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT, ExecutionStatus.ABORTED}
    return EXECUTION_FAILED if status in failed else UNREACHABLE
