"""`handrail tasks` and `handrail complete`."""

from typing import TYPE_CHECKING

import click

from service.core.models import Json

from .calling import call, echo_json, json_option, url_option
from .group import Failed
from .inputs import read_json, stdin_text
from .outcome import USAGE

if TYPE_CHECKING:
    from service.client import Client, Message


@click.command()
@click.argument("execution")
@json_option("Print the tasks as JSON, one a line.")
@url_option
def tasks(execution: str, *, as_json: bool, url: str) -> None:
    """List the tasks EXECUTION waits for, one a line: event id, state, resource, since when."""

    async def use(client: "Client") -> "list[Message]":
        return await client.tasks(execution)

    for task in call(url, use):
        echo_json(task) if as_json else click.echo(_line(task))


@click.command()
@click.argument("execution")
@click.argument("event_id", type=click.IntRange(min=1))
@click.option("--output", "text", metavar="JSON|@FILE|-", help="Succeed with this.")
@click.option("--error", help="Fail with this error.")
@click.option("--cause", help="And this cause.")
@json_option("Print the answer as JSON.")
@url_option
def complete(
    execution: str,
    event_id: int,
    *,
    text: str | None,
    error: str | None,
    cause: str | None,
    as_json: bool,
    url: str,
) -> None:
    """Settle the task with EVENT_ID of EXECUTION: success with --output, failure with --error."""
    outcome, body = _settlement(text, error, cause)

    async def use(client: "Client") -> "Message":
        return await client.settle(execution, event_id, outcome, body)

    answer = call(url, use)
    echo_json(answer) if as_json else click.echo(f"{outcome} sent to task {event_id}")


def _settlement(
    text: str | None, error: str | None, cause: str | None
) -> tuple[str, dict[str, Json]]:
    if text is not None and error is None and cause is None:
        return "success", {"output": read_json("--output", text, stdin_text)}
    if text is not None:
        raise Failed("--output succeeds, --error and --cause fail: give one of both.", USAGE)
    if error is None:
        raise Failed("Say how: --output to succeed, or --error (and --cause) to fail.", USAGE)
    given = {"error": error, "cause": cause}
    return "failure", {key: value for key, value in given.items() if value is not None}


def _line(task: "Message") -> str:
    from .lines import one_line  # noqa: PLC0415

    parts = (task.get("event_id"), task.get("state"), task.get("resource"))
    return "  ".join(one_line(part) for part in (*parts, task.get("scheduled_at")) if part)
