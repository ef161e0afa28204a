"""`handrail start`, `watch`, `stop` and `redrive`."""

from typing import TYPE_CHECKING

import click

from service.core.models import MachineType

from .group import DONE, exit_code_of
from .service_options import call, echo_json, json_option, read_json, stdin_text, url_option

if TYPE_CHECKING:
    from service.client import Client, Message

_watch_option = click.option("--watch", "and_watch", is_flag=True, help="Watch it to its end.")
_json_or_messages = json_option("Print the execution, or with --watch each message, as JSON.")


@click.command()
@click.argument("machine")
@click.option(
    "--input", "text", default="{}", metavar="JSON|@FILE|-", help="The input; {} if left out."
)
@click.option("--name", help="The execution's name; made up if left out.")
@_watch_option
@_json_or_messages
@url_option
@click.pass_context
def start(
    ctx: click.Context,
    machine: str,
    *,
    text: str,
    name: str | None,
    and_watch: bool,
    as_json: bool,
    url: str,
) -> None:
    """Start an execution of MACHINE and print its id.

    An Express execution can't be watched: with --watch it runs to its end and its outcome is shown.
    """
    value = read_json("--input", text, stdin_text)

    async def use(client: "Client") -> int:
        listed = await client.machines() if and_watch else []
        types = {line["name"]: line["type"] for line in listed}
        if types.get(machine) == MachineType.EXPRESS:
            return _show_outcome(await client.start_sync(machine, value, name=name), as_json)
        started = await client.start(machine, value, name=name)
        return await _show(client, started, "execution", and_watch=and_watch, as_json=as_json)

    ctx.exit(call(url, use))


@click.command()
@click.argument("execution")
@json_option("Print each message of the stream as it comes, one a line.")
@click.option(
    "--level",
    type=click.Choice(["status", "states", "events"]),
    default="states",
    show_default=True,
    help="How much to hear of: events come with --json only.",
)
@url_option
@click.pass_context
def watch(ctx: click.Context, execution: str, *, as_json: bool, level: str, url: str) -> None:
    """Show the states of EXECUTION as they change, until it ends.

    A table in a terminal, one line a change in a pipe. Ends with 1 where the execution failed.
    """
    from .watch import watch_to_end  # noqa: PLC0415

    ctx.exit(
        call(url, lambda client: watch_to_end(client, execution, level=level, as_json=as_json))
    )


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
@click.pass_context
def redrive(
    ctx: click.Context, execution: str, *, and_watch: bool, as_json: bool, url: str
) -> None:
    """Run a failed EXECUTION again from where it failed, and print its status."""

    async def use(client: "Client") -> int:
        redriven = await client.redrive(execution)
        return await _show(client, redriven, "status", and_watch=and_watch, as_json=as_json)

    ctx.exit(call(url, use))


async def _show(
    client: "Client", execution: "Message", member: str, *, and_watch: bool, as_json: bool
) -> int:
    """Print the execution or one member of it, or watch it from there on."""
    if and_watch:
        from .watch import watch_to_end  # noqa: PLC0415

        id = str(execution["execution"])
        return await watch_to_end(client, id, level="states", as_json=as_json, since=execution)
    echo_json(execution) if as_json else click.echo(execution[member])
    return DONE


def _show_outcome(outcome: "Message", as_json: bool) -> int:
    from .lines import failure  # noqa: PLC0415

    status, output = str(outcome.get("status")), outcome.get("output")
    if as_json:
        echo_json(outcome)
    else:
        click.echo("  ".join(part for part in (status, failure(outcome)) if part))
        if output is not None:
            echo_json(output)
    return exit_code_of(status)
