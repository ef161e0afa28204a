"""`handrail machines` and `handrail list`."""

from collections.abc import Sequence
from datetime import UTC, datetime

import click
from click.shell_completion import CompletionItem

from handrail.client import Client, Message
from handrail.core.models import ExecutionStatus

from .group import examples
from .lines import between, columns, one_line
from .names import listed, unlisted_line
from .names import machines as machine_names
from .service_options import call, echo_json, json_option, named, url_option


class _Status(click.Choice[str]):
    """However it is typed."""

    def __init__(self) -> None:
        super().__init__([status.value for status in ExecutionStatus])

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(value.upper(), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return super().shell_complete(ctx, param, incomplete.upper())


@click.command(epilog=examples("handrail machines", "handrail machines --json | jq -r .name"))
@json_option("Print each state machine as JSON, one a line.")
@url_option
def machines(*, as_json: bool, url: str) -> None:
    """List the state machines, one a line: name, type, description.

    What `handrail dev` had to leave out is told on stderr, with the reason.
    """
    catalogue = call(url, lambda client: client.catalogue())
    found = catalogue["state_machines"]
    if as_json:
        for machine in found:
            echo_json(machine)
    else:
        rows = [(one["name"], one["type"], one["description"] or "") for one in found]
        for line in columns(rows):
            click.echo(line)
    for problem in catalogue.get("problems") or ():
        reason = ": ".join(filter(None, (problem.get("state"), problem["reason"])))
        click.echo(one_line(f"{problem['folder']} is left out: {reason}", longest=None), err=True)


@click.command(
    "list",
    epilog=examples(
        "handrail list",
        "handrail list order-fulfilment --status FAILED --limit 100",
        "handrail list order-fulfilment --json | jq -r .execution",
    ),
)
@click.argument("machine", required=False, shell_complete=machine_names, callback=named)
@click.option(
    "--status",
    type=_Status(),
    help="Only those that stand so.",
)
@click.option("--limit", type=click.IntRange(min=1), default=20, help="How many at most.")
@json_option("Print each execution as JSON, one a line.")
@url_option
def list_(machine: str | None, *, status: str | None, limit: int, as_json: bool, url: str) -> None:
    """List the executions of MACHINE, or of all state machines you may read, the newest first.

    One a line: id, status, when it started, how long it took. Express executions leave none.
    """

    async def use(client: Client) -> None:
        found, missing = list[Message](), ""
        async for page in listed(client, machine, status=status, limit=limit + 1):
            if as_json:
                for one in page["executions"][: limit - len(found)]:
                    echo_json(one)
            missing = max(missing, unlisted_line(page))
            found += page["executions"]
        if not as_json:
            _print(found[:limit])
        if missing:
            click.echo(one_line(missing, longest=None), err=True)
        if len(found) > limit:
            click.echo(f"There are more: --limit {2 * limit} shows twice as many.", err=True)
        if not found:
            click.echo("There is none.", err=True)

    call(url, use)


def _print(executions: Sequence[Message]) -> None:
    rows, now = [], datetime.now(UTC)
    for one in executions:
        took = between(one["started_at"], one["stopped_at"], now)
        rows.append((one["execution"], one["status"], one["started_at"], took))
    for line in columns(rows):
        click.echo(line)
