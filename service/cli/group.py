"""The command group: lazy commands, and the one edge where errors become a line and a code."""

import io
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from handrail.core.errors import ServiceError, StartupError
from handrail.core.models import ExecutionStatus

DONE, EXECUTION_FAILED, USAGE, UNREACHABLE = 0, 1, 2, 3
INTERRUPTED, BROKEN_PIPE, TERMINATED = 130, 141, 143
"""As a shell reports a program that SIGINT, SIGPIPE or SIGTERM ended."""


class Failed(click.ClickException):
    """The command can't do what it was asked: one line on stderr and an exit code."""

    exit_code = USAGE

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def write_file(file: Path, content: bytes) -> None:
    """Makes its folder too, where there is none. Raises Failed."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise Failed(f"{file}: can't be written: {error.strerror}.") from error


class Unreachable(Failed):
    """The service or AWS can't be reached."""

    exit_code = UNREACHABLE


class CommandLine(click.Group):
    """A group whose help and completion need no command's imports, and whose commands return their
    exit code, or None for 0. `commands_in`: name → (module, help line)."""

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
        name = cmd_name.replace("-", "_")  # with another behind it where Python has the name
        command: click.Command = getattr(module, name if hasattr(module, name) else f"{name}_")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:  # click looks for similar ones among eager commands
            known = self.list_commands(ctx)
            raise click.NoSuchCommand(args[0], possibilities=known, ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._commands_in.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        named = [
            CompletionItem(name, help=line)
            for name, (_, line) in self._commands_in.items()
            if name.startswith(incomplete)
        ]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):  # a name that the locale can't spell is no error
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
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


def examples(*lines: str) -> str:
    """The end of a command's help: what one types."""
    return "\n".join(
        ["\b", "Examples:" if len(lines) > 1 else "Example:", *(f"  {one}" for one in lines)]
    )


def exit_code_of(status: str) -> int:
    """Answers for an execution's status; one that is not terminal means the end wasn't seen."""
    if status == ExecutionStatus.SUCCEEDED:
        return DONE
    failed = {ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT, ExecutionStatus.ABORTED}
    return EXECUTION_FAILED if status in failed else UNREACHABLE
