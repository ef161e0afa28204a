"""`handrail show`: an execution, or one of its states."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import chain

import click

from handrail.client import Client, Message, RequestRefused
from handrail.client.page_reader import pages

from .group import Failed, examples
from .lines import one_line
from .names import states
from .service_options import call_on, echo_json, execution_argument, json_option, named, url_option
from .snapshot_text import item_lines, snapshot_lines, visit_lines


@click.command(
    epilog=examples(
        "handrail show order-fulfilment:order-1001",
        "handrail show @latest ShipParcels --limit 3",
        "handrail show @latest --json | jq .output",
    )
)
@execution_argument
@click.argument("state", required=False, shell_complete=states, callback=named)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=10,
    help="Visits, and items, at most: of a STATE.",
)
@json_option("Print the snapshot as JSON; of a STATE its visits, one a line.")
@url_option
def show(execution: str, state: str | None, *, limit: int, as_json: bool, url: str) -> None:
    """Show EXECUTION as it is now: input, output, states, and what it waits for.

    With STATE its visits, the newest first: input, output, error and attempts of each; of a Map its
    items too. A name with blanks goes in quotes.
    """

    async def use(client: Client, id: str) -> None:
        if state is not None:
            await _show_state(client, id, state, limit=limit, as_json=as_json)
            return
        snapshot = await client.execution(id)
        if as_json:
            echo_json(snapshot)
            return
        for line in snapshot_lines(snapshot, datetime.now(UTC)):
            click.echo(line)

    call_on(url, execution, use)


async def _show_state(
    client: Client, execution: str, state: str, *, limit: int, as_json: bool
) -> None:
    visits = await _all(lambda page: client.visits(execution, state, page=page), "visits", limit)
    if as_json:
        for visit in visits:
            echo_json(visit)
    else:
        items = list[Message]()
        if visits and visits[0]["type"] == "Map":
            items = await _items(client, execution, state, limit)
        now = datetime.now(UTC)
        for line in chain(*(visit_lines(visit, now) for visit in visits), item_lines(items, now)):
            click.echo(line)
    if not visits:
        known = [one_line(one["state"]) for one in (await client.execution(execution))["states"]]
        entered = ", ".join(known) or "none"
        click.echo(f"{one_line(state)} has not been entered. Entered so far: {entered}.", err=True)


async def _items(client: Client, execution: str, state: str, limit: int) -> list[Message]:
    """None where the endpoint can't list them, which is said: the visits are shown all the same."""
    try:
        return await _all(lambda page: client.items(execution, state, page=page), "items", limit)
    except RequestRefused as refused:
        if refused.code != "unsupported_by_endpoint":
            raise
        click.echo(str(refused), err=True)
        return []


async def _all(
    ask: Callable[[str | None], Awaitable[Message]], member: str, limit: int
) -> list[Message]:
    """What the pages hold, `limit` at most. Raises Failed where an older service lacks it."""
    try:
        return [one async for page in pages(ask, member, limit=limit) for one in page[member]]
    except RequestRefused as refused:
        if refused.code != "not_found":
            raise
        raise Failed(f"This service is older and doesn't tell a state's {member}.") from refused
