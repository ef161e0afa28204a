"""`handrail start`, `watch`, `stop`, `redrive` and `replay`."""

import click

from handrail.client import Client, Message, RequestRefused
from handrail.client.client import OLD_INPUT
from handrail.core.errors import UnsupportedByType

from .causes import failure
from .group import DONE, examples, exit_code_of
from .lines import joined
from .names import machines
from .service_options import (
    call,
    call_on,
    echo_json,
    execution_argument,
    json_option,
    named,
    read_json,
    url_option,
)
from .watch import watch_to_end

_watch_option = click.option("--watch", "and_watch", is_flag=True, help="Watch it to its end.")
_json_or_messages = json_option(
    "Print the execution as JSON; with --watch each message instead, one a line."
)
_name_option = click.option("--name", help="The execution's name; made up if left out.")


@click.command(
    epilog=examples(
        "handrail start order-fulfilment --input @order.json --watch",
        "handrail start orchestration-dev --input '{\"id\": 7}' --name run-7",
        "handrail start order-fulfilment --case HappyPath --watch",
        "jq -n '{id: 7}' | handrail start orchestration-dev --input -",
    )
)
@click.argument("machine", shell_complete=machines, callback=named)
@click.option("--input", "text", default="{}", metavar="JSON|@FILE|-", help="The input.")
@_name_option
@click.option("--case", help="A test case, on the embedded engine.")
@_watch_option
@_json_or_messages
@url_option
def start(
    machine: str,
    *,
    text: str,
    name: str | None,
    case: str | None,
    and_watch: bool,
    as_json: bool,
    url: str,
) -> int:
    """Start an execution of MACHINE and print its id.

    The input is sent as it is written. An Express execution can't be watched: with --watch it runs
    to its end and its outcome is shown.
    """
    value = read_json("--input", text)

    async def use(client: Client) -> int:
        try:
            express = not and_watch
            started = await client.start(machine, value, name=name, case=case, express=express)
        except RequestRefused as refused:
            if refused.code != UnsupportedByType.code:
                raise
            outcome = await client.start_sync(machine, value, name=name, case=case)
            return _outcome(outcome, as_json)
        return await _show(client, started, "execution", and_watch=and_watch, as_json=as_json)

    return call(url, use)


@click.command(
    epilog=examples("handrail watch order-fulfilment:order-1001", "handrail watch @latest --json")
)
@execution_argument
@json_option("Print each message of the stream as it comes, one a line.")
@click.option(
    "--level",
    type=click.Choice(["status", "states", "events"]),
    default="states",
    help="How much to hear of: events come with --json only.",
)
@url_option
def watch(execution: str, *, as_json: bool, level: str, url: str) -> int:
    """Show the states of EXECUTION as they change, until it ends.

    A table in a terminal, one line a change in a pipe. Ends with 1 where the execution failed.
    """
    return call_on(
        url, execution, lambda client, id: watch_to_end(client, id, level=level, as_json=as_json)
    )


@click.command(epilog=examples("handrail stop order-fulfilment:order-1001 --cause 'wrong address'"))
@execution_argument
@click.option("--error", help="A short name of why, as the execution's error.")
@click.option("--cause", help="The reason, as the execution's cause.")
@json_option("Print the execution as JSON.")
@url_option
def stop(execution: str, *, error: str | None, cause: str | None, as_json: bool, url: str) -> None:
    """Abort EXECUTION and print its status. One that has ended stays as it is."""
    stopped = call_on(url, execution, lambda client, id: client.stop(id, error=error, cause=cause))
    echo_json(stopped) if as_json else click.echo(stopped["status"])


@click.command(epilog=examples("handrail redrive order-fulfilment:order-1001 --watch"))
@execution_argument
@_watch_option
@_json_or_messages
@url_option
def redrive(execution: str, *, and_watch: bool, as_json: bool, url: str) -> int:
    """Run a failed EXECUTION again from where it failed, and print its status."""

    async def use(client: Client, id: str) -> int:
        redriven = await client.redrive(id)
        return await _show(client, redriven, "status", and_watch=and_watch, as_json=as_json)

    return call_on(url, execution, use)


@click.command(
    epilog=examples(
        "handrail replay order-fulfilment:order-1001 --watch",
        "handrail replay @latest --input @corrected.json",
    )
)
@execution_argument
@click.option("--input", "text", metavar="JSON|@FILE|-", help="Another input than it had.")
@_name_option
@_watch_option
@_json_or_messages
@url_option
def replay(
    execution: str, *, text: str | None, name: str | None, and_watch: bool, as_json: bool, url: str
) -> int:
    """Start EXECUTION's state machine again, with the same input, and print the new id.

    EXECUTION stays as it is, and the new one begins at the first state. To go on from where an
    execution failed use redrive.
    """
    input = OLD_INPUT if text is None else read_json("--input", text)

    async def use(client: Client, id: str) -> int:
        started = await client.replay(id, input=input, name=name)
        return await _show(client, started, "execution", and_watch=and_watch, as_json=as_json)

    return call_on(url, execution, use)


def _outcome(outcome: Message, as_json: bool) -> int:
    """Of an Express execution that ran to its end."""
    if as_json:
        echo_json(outcome)
    else:
        click.echo(joined(outcome.get("status"), failure(outcome)))
        if outcome.get("output") is not None:
            echo_json(outcome["output"])
    return exit_code_of(str(outcome.get("status")))


async def _show(
    client: Client, execution: Message, member: str, *, and_watch: bool, as_json: bool
) -> int:
    """Print the execution or one member of it, or watch it from there on."""
    if and_watch:
        id = str(execution["execution"])
        return await watch_to_end(client, id, level="states", as_json=as_json, since=execution)
    echo_json(execution) if as_json else click.echo(execution[member])
    return DONE
