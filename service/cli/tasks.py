"""`handrail tasks`, `complete` and `link`."""

from typing import Any

import click

from handrail.core.models import Json

from .group import Failed, examples
from .lines import joined
from .names import tasks as event_ids
from .service_options import (
    call_on,
    echo_json,
    execution_argument,
    json_option,
    read_json,
    url_option,
)

_event_id_argument = click.argument(
    "event_id", type=click.IntRange(min=1), shell_complete=event_ids
)


@click.command(epilog=examples("handrail tasks order-fulfilment:order-1001"))
@execution_argument
@json_option("Print the tasks as JSON, one a line.")
@url_option
def tasks(execution: str, *, as_json: bool, url: str) -> None:
    """List the tasks EXECUTION waits for, one a line: event id, state, resource, since, title."""
    for task in call_on(url, execution, lambda client, id: client.tasks(id)):
        parts = (
            task.get(name) for name in ("event_id", "state", "resource", "scheduled_at", "title")
        )
        echo_json(task) if as_json else click.echo(joined(*parts))


@click.command(
    epilog=examples(
        "handrail complete order-fulfilment:order-1001 14 --output '{\"approved\": true}'",
        "handrail complete @latest 14 --error Declined --cause 'over budget'",
    )
)
@execution_argument
@_event_id_argument
@click.option("--output", metavar="JSON|@FILE|-", help="Succeed with this.")
@click.option("--error", help="Fail with this error.")
@click.option("--cause", help="And this cause.")
@json_option("Print the answer as JSON.")
@url_option
def complete(
    execution: str, event_id: int, *, output: str | None, as_json: bool, url: str, **failure: Any
) -> None:
    """Settle the task with EVENT_ID of EXECUTION: success with --output, failure with --error."""
    body: dict[str, Json] = {name: text for name, text in failure.items() if text is not None}
    if output is None and "error" not in body:
        raise Failed("Say how: --output to succeed, or --error (and --cause) to fail.")
    if output is not None and body:
        raise Failed("--output succeeds, --error and --cause fail: give one of both.")
    outcome = "failure" if output is None else "success"
    if output is not None:
        body = {"output": read_json("--output", output)}
    settled = call_on(url, execution, lambda client, id: client.settle(id, event_id, outcome, body))
    echo_json(settled) if as_json else click.echo(f"{outcome} sent to task {event_id}")


@click.command(
    epilog=examples(
        "handrail link order-fulfilment:order-1001 14 --for ada@example.com --expires-in 86400"
    )
)
@execution_argument
@_event_id_argument
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
@click.option(
    "--for", "meant_for", metavar="NAME", help="Whom it is for: its page, the log say so."
)
@json_option("Print the link, its end and its actions as JSON.")
@url_option
def link(execution: str, event_id: int, *, as_json: bool, url: str, **terms: Any) -> None:
    """Make a signed link to the task with EVENT_ID of EXECUTION.

    Whoever has the link can settle the task until it expires: hand it over like a password.
    """
    made = call_on(url, execution, lambda client, id: client.link(id, event_id, **terms))
    if as_json:
        echo_json(made)
    else:
        click.echo(made["url"])
        click.echo(f"holds until {made['expires_at']}", err=True)
