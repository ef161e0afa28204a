"""`handrail link`: a signed link to a pending task, to hand to whoever is to answer it."""

from typing import TYPE_CHECKING

import click

from .calling import call, echo_json, json_option, url_option

if TYPE_CHECKING:
    from service.client import Client, Message


@click.command()
@click.argument("execution")
@click.argument("event_id", type=click.IntRange(min=1))
@click.option(
    "--action",
    "actions",
    multiple=True,
    type=click.Choice(["success", "failure"]),
    help="What the link's holder may do; both if left out. May be repeated.",
)
@click.option(
    "--expires-in",
    "expires_in_s",
    metavar="SECONDS",
    type=click.IntRange(min=1),
    help="How long the link holds; never beyond the task's own timeout.",
)
@json_option("Print the link, its end and its actions as JSON.")
@url_option
def link(
    execution: str,
    event_id: int,
    *,
    actions: tuple[str, ...],
    expires_in_s: int | None,
    as_json: bool,
    url: str,
) -> None:
    """Make a signed link to the task with EVENT_ID of EXECUTION.

    Whoever has the link can settle the task until it expires: hand it over like a password.
    """

    async def use(client: "Client") -> "Message":
        return await client.link(execution, event_id, actions=actions, expires_in_s=expires_in_s)

    made = call(url, use)
    if as_json:
        echo_json(made)
        return
    click.echo(made["url"])
    click.echo(f"holds until {made['expires_at']}", err=True)
