"""`handrail news`: what waits to be told to others, and what was given up."""

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from handrail.client import Client, Message, RequestRefused
from handrail.client.page_reader import pages

from .group import Failed, examples
from .lines import between, columns
from .names import news as keys
from .service_options import call, echo_json, json_option, named, url_option

COMMANDLINE = click.core.ParameterSource.COMMANDLINE
MOST = 1000
GONE = "news_not_found"

_key_argument = click.argument("key", shell_complete=keys, callback=named)


@click.group(
    invoke_without_command=True,
    epilog=examples("handrail news", "handrail news retry --all", "handrail news drop KEY"),
)
@json_option("Print it as JSON, one delivery a line, `dead` or not.")
@url_option
@click.pass_context
def news(ctx: click.Context, *, as_json: bool, url: str) -> None:
    """Show the news that waits to be told to others, and what was given up after a day of tries.

    One a line: its key, where it goes, the execution, what happened, how often it was tried, since
    when, why it failed. Of each execution and target the first is shown, which others may wait for.
    """
    if ctx.invoked_subcommand is None:
        _show(call(url, _all), as_json=as_json)
    elif COMMANDLINE in map(ctx.get_parameter_source, ctx.params):
        raise Failed(f"Options of {ctx.invoked_subcommand} stand behind it.")


@news.command(epilog=examples("handrail news retry KEY", "handrail news retry --all"))
@click.argument("key", required=False, shell_complete=keys, callback=named)
@click.option("--all", "everything", is_flag=True, help="All that was given up.")
@json_option("Print each as JSON, one a line.")
@url_option
def retry(key: str | None, *, everything: bool, as_json: bool, url: str) -> None:
    """Have news sent again: what was given up from the beginning, what waits at once."""
    if (key is None) is not everything:
        raise Failed("Name one KEY, or --all that was given up.")

    async def use(client: Client) -> None:
        given_up = (one["key"] for one in (await _all(client))["dead"]) if key is None else [key]
        again = 0
        for each in given_up:
            try:
                delivery = await client.retry_news(each)
            except RequestRefused as refused:
                if key is None and refused.code == GONE:
                    continue  # somebody else has just done so
                raise
            again += 1
            if as_json:
                echo_json(delivery)
        if not as_json:
            click.echo(f"{again} to be sent again")

    call(url, use)


@news.command(epilog=examples("handrail news drop KEY"))
@_key_argument
@json_option("Print its key as JSON.")
@url_option
def drop(key: str, *, as_json: bool, url: str) -> None:
    """Drop news that waits or was given up: nobody is told of it any more."""
    dropped = call(url, lambda client: client.drop_news(key))
    echo_json(dropped) if as_json else click.echo(f"{dropped['key']} dropped")


async def _all(client: Client) -> Message:
    """What waits, and all that was given up."""
    found: Message = {}
    async for page in pages(lambda page: client.news(limit=MOST, page=page), "dead", limit=10**9):
        found = found or {**page, "dead": []}
        found["dead"] += page["dead"]
    return found


def _show(found: Message, *, as_json: bool) -> None:
    if as_json:
        for dead, members in ((False, found["waiting"]), (True, found["dead"])):
            for one in members:
                echo_json({"dead": dead, **one})
        return
    rows = [*_rows("waits", found["waiting"]), *_rows("given up", found["dead"])]
    for line in columns(rows):
        click.echo(line)
    counts = found["counts"]
    said = f"{counts['waiting']} wait, {counts['dead']} given up"
    click.echo(said if found["sends"] else f"{said}; the process that answers sends none", err=True)


def _rows(what: str, deliveries: Iterable[Message]) -> Iterable[tuple[object, ...]]:
    now = datetime.now(UTC)
    for one in deliveries:
        tries = one["attempts"]
        tried = f"{tries} {'try' if tries == 1 else 'tries'}"
        since = between(one["at"], None, now)
        kinds = " ".join(one["kinds"])
        target = one["target"] or f"({one['subscription']}: gone)"
        execution = one["execution"]
        yield what, one["key"], target, execution, kinds, tried, since, one["problem"]
