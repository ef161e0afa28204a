"""The command line, `handrail`. Each command's module is imported when that command is called."""

import click
from click.shell_completion import add_completion_class

from handrail import __version__
from handrail.old_name import stand_in

from .bash_completion import BashCompletion
from .group import CommandLine, examples

_COMMANDS = {
    "init": ("init_command", "Make a state machine to begin with."),
    "dev": ("servers", "Serve on an embedded engine: no AWS account needed."),
    "serve": ("servers", "Serve in front of AWS, or of AWS_ENDPOINT_URL."),
    "doctor": ("doctor_command", "Tell what is missing to run."),
    "deploy": ("servers", "Deploy the state machines' definitions."),
    "test": ("test_command", "Run state machines' cases, without AWS and without waiting."),
    "lint": ("lint_command", "Check definitions, without AWS."),
    "machines": ("list_command", "List the state machines."),
    "list": ("list_command", "List executions, the newest first."),
    "start": ("executions", "Start an execution."),
    "watch": ("executions", "Watch an execution's states live."),
    "show": ("show_command", "Show an execution, or one of its states."),
    "events": ("events_command", "Print an execution's history."),
    "trace": ("trace_command", "Show an execution as a trace, or export it."),
    "stop": ("executions", "Abort an execution."),
    "redrive": ("executions", "Run a failed execution again from where it failed."),
    "replay": ("executions", "Start an execution's state machine again, with its input."),
    "record": ("record_command", "Make a case that replays offline of an execution."),
    "tasks": ("tasks", "List an execution's pending tasks."),
    "complete": ("tasks", "Settle a pending task."),
    "link": ("tasks", "Make a signed link to a pending task."),
    "news": ("news_command", "Show what others couldn't be told yet, try again, drop it."),
    "api-key": ("api_key", "Make an API key and the line that makes it known."),
    "worker": ("worker_command", "Run handlers for activities."),
    "completion": ("completion", "Print what makes a shell complete commands and names."),
}
"""Name → the module of this package that holds the command, and its line in the help."""

add_completion_class(BashCompletion)

_CONTEXT = {"show_default": True, "help_option_names": ["-h", "--help"]}


@click.group(
    cls=CommandLine,
    commands_in=_COMMANDS,
    context_settings=_CONTEXT,
    epilog=examples("handrail start order-fulfilment --input @order.json --watch"),
)
@click.version_option(__version__, prog_name="handrail")
def main() -> None:
    """Start, watch and complete AWS Step Functions executions.

    Most commands ask a running service, at --url or HANDRAIL_URL, as the holder of HANDRAIL_TOKEN.
    Where an EXECUTION is asked for, @latest is the newest that you may read, and MACHINE@latest the
    newest of one state machine.

    Exit codes: 0 done, 1 the execution failed, 2 usage, 3 the service or AWS can't be reached.
    """
    stand_in()  # modules of workers and handlers may still import `service`
