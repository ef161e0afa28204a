"""`handrail start`, `watch`, `stop` and `redrive`."""

import click

from service.client import Client, Message
from service.core.machine_reference import machine_name_of
from service.core.models import MachineType

from .group import DONE, exit_code_of
from .lines import failure, joined
from .service_options import call, echo_json, json_option, read_json, url_option
from .watch import watch_to_end

_watch_option = click.option("--watch", "and_watch", is_flag=True, help="Watch it to its end.")
_json_or_messages = json_option("Print the execution, or with --watch each message, as JSON.")


@click.command()
@click.argument("machine")
@click.option("--input", "text", default="{}", metavar="JSON|@FILE|-", help="The input.")
@click.option("--name", help="The execution's name; made up if left out.")
@_watch_option
@_json_or_messages
@url_option
def start(
    machine: str, *, text: str, name: str | None, and_watch: bool, as_json: bool, url: str
) -> int:
    """Start an execution of MACHINE and print its id.

    An Express execution can't be watched: with --watch it runs to its end and its outcome is shown.
    """
    value = read_json("--input", text)

    async def use(client: Client) -> int:
        listed = await client.machines() if and_watch else []
        types = {line["name"]: line["type"] for line in listed}
        if types.get(machine_name_of(machine)) != MachineType.EXPRESS:
            started = await client.start(machine, value, name=name)
            return await _show(client, started, "execution", and_watch=and_watch, as_json=as_json)
        outcome = await client.start_sync(machine, value, name=name)
        if as_json:
            echo_json(outcome)
        else:
            click.echo(joined(outcome.get("status"), failure(outcome)))
            if outcome.get("output") is not None:
                echo_json(outcome["output"])
        return exit_code_of(str(outcome.get("status")))

    return call(url, use)


@click.command()
@click.argument("execution")
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
    return call(url, lambda client: watch_to_end(client, execution, level=level, as_json=as_json))


@click.command()
@click.argument("execution")
@click.option("--error", help="A short name of why, as the execution's error.")
@click.option("--cause", help="The reason, as the execution's cause.")
@json_option("Print the execution as JSON.")
@url_option
def stop(execution: str, *, error: str | None, cause: str | None, as_json: bool, url: str) -> None:
    """Abort EXECUTION and print its status. One that has ended stays as it is."""
    stopped = call(url, lambda client: client.stop(execution, error=error, cause=cause))
    echo_json(stopped) if as_json else click.echo(stopped["status"])


@click.command()
@click.argument("execution")
@_watch_option
@_json_or_messages
@url_option
def redrive(execution: str, *, and_watch: bool, as_json: bool, url: str) -> int:
    """Run a failed EXECUTION again from where it failed, and print its status."""

    async def use(client: Client) -> int:
        redriven = await client.redrive(execution)
        return await _show(client, redriven, "status", and_watch=and_watch, as_json=as_json)

    return call(url, use)


async def _show(
    client: Client, execution: Message, member: str, *, and_watch: bool, as_json: bool
) -> int:
    """Print the execution or one member of it, or watch it from there on."""
    if and_watch:
        id = str(execution["execution"])
        return await watch_to_end(client, id, level="states", as_json=as_json, since=execution)
    echo_json(execution) if as_json else click.echo(execution[member])
    return DONE
