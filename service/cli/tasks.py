"""`handrail tasks`, `complete` and `link`."""

from typing import Any

import click

from service.core.models import Json

from .group import USAGE, Failed
from .service_options import call, echo_json, json_option, read_json, stdin_text, url_option


@click.command()
@click.argument("execution")
@json_option("Print the tasks as JSON, one a line.")
@url_option
def tasks(execution: str, *, as_json: bool, url: str) -> None:
    """List the tasks EXECUTION waits for, one a line: event id, state, resource, since when."""
    from .lines import joined  # noqa: PLC0415

    for task in call(url, lambda client: client.tasks(execution)):
        parts = (task.get(name) for name in ("event_id", "state", "resource", "scheduled_at"))
        echo_json(task) if as_json else click.echo(joined(*parts))


@click.command()
@click.argument("execution")
@click.argument("event_id", type=click.IntRange(min=1))
@click.option("--output", "text", metavar="JSON|@FILE|-", help="Succeed with this.")
@click.option("--error", help="Fail with this error.")
@click.option("--cause", help="And this cause.")
@json_option("Print the answer as JSON.")
@url_option
def complete(
    execution: str, event_id: int, *, as_json: bool, url: str, **answer: str | None
) -> None:
    """Settle the task with EVENT_ID of EXECUTION: success with --output, failure with --error."""
    outcome, body = _settlement(**answer)
    settled = call(url, lambda client: client.settle(execution, event_id, outcome, body))
    echo_json(settled) if as_json else click.echo(f"{outcome} sent to task {event_id}")


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
def link(execution: str, event_id: int, *, as_json: bool, url: str, **terms: Any) -> None:
    """Make a signed link to the task with EVENT_ID of EXECUTION.

    Whoever has the link can settle the task until it expires: hand it over like a password.
    """
    made = call(url, lambda client: client.link(execution, event_id, **terms))
    if as_json:
        echo_json(made)
    else:
        click.echo(made["url"])
        click.echo(f"holds until {made['expires_at']}", err=True)


def _settlement(
    text: str | None, error: str | None, cause: str | None
) -> tuple[str, dict[str, Json]]:
    if text is not None and error is None and cause is None:
        return "success", {"output": read_json("--output", text, stdin_text)}
    if text is not None:
        raise Failed("--output succeeds, --error and --cause fail: give one of both.", USAGE)
    if error is None:
        raise Failed("Say how: --output to succeed, or --error (and --cause) to fail.", USAGE)
    return "failure", {"error": error, **({} if cause is None else {"cause": cause})}
