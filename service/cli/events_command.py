"""`handrail events`: an execution's history, as AWS keeps it."""

import click

from handrail.client import Client, Message

from .causes import failure
from .group import DONE, EXECUTION_FAILED, UNREACHABLE, examples
from .lines import joined
from .service_options import call_on, echo_json, execution_argument, json_option, url_option

_FAILED = {"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}


@click.command(
    epilog=examples(
        "handrail events order-fulfilment:order-1001",
        "handrail events @latest -f",
        "handrail events @latest --json | jq 'select(.type == \"TaskFailed\")'",
    )
)
@execution_argument
@click.option("-f", "--follow", is_flag=True, help="Go on with later events, until the end.")
@json_option("Print each event as JSON, one a line: with its details, secrets redacted.")
@url_option
def events(execution: str, *, follow: bool, as_json: bool, url: str) -> int:
    """Print the history events of EXECUTION, one a line: id, time, type, state or error.

    With -f it ends when the execution does, with 1 where that failed.
    """

    async def use(client: Client, id: str) -> int:
        last = ""
        async for event in client.events(id, follow=follow):
            last = event["type"]
            echo_json(event) if as_json else click.echo(_line(event))
        if not follow:
            return DONE
        return EXECUTION_FAILED if last in _FAILED else DONE if last else UNREACHABLE

    return call_on(url, execution, use)


def _line(event: Message) -> str:
    details = next((event[name] for name in event if name.endswith("_event_details")), None) or {}
    what = details.get("name") or details.get("resource") or details.get("index")
    return joined(event["id"], event["timestamp"], event["type"], what, failure(details))
