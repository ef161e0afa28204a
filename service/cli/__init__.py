"""The command line, `handrail`. Each command's module is imported when that command is called."""

import click

from service import __version__

from .group import CommandLine

_COMMANDS = {
    "dev": ("servers", "Serve on an embedded engine: no AWS account needed."),
    "serve": ("servers", "Serve in front of AWS, or of AWS_ENDPOINT_URL."),
    "deploy": ("servers", "Deploy the state machines' definitions."),
    "lint": ("lint_command", "Check definitions, without AWS."),
    "start": ("executions", "Start an execution."),
    "watch": ("executions", "Watch an execution's states live."),
    "stop": ("executions", "Abort an execution."),
    "redrive": ("executions", "Run a failed execution again from where it failed."),
    "tasks": ("tasks", "List an execution's pending tasks."),
    "complete": ("tasks", "Settle a pending task."),
    "api-key": ("api_key", "Make an API key and the line that makes it known."),
    "link": ("tasks", "Make a signed link to a pending task."),
    "worker": ("worker_command", "Run handlers for activities."),
}
"""Name → the module of this package that holds the command, and its line in the help."""


@click.group(cls=CommandLine, commands_in=_COMMANDS, context_settings={"show_default": True})
@click.version_option(__version__, prog_name="handrail")
def main() -> None:
    """Start, watch and complete AWS Step Functions executions.

    Exit codes: 0 done, 1 the execution failed, 2 usage, 3 the service or AWS can't be reached.
    """
