"""`handrail record`: makes a case, which replays offline, of an execution that was."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from handrail.client import Client, Message, RequestRefused
from handrail.core.definition.definition import Definition
from handrail.core.errors import InvalidDefinition
from handrail.core.history.events import parse_document
from handrail.core.json_text import json_bytes, text_of
from handrail.core.models import ExecutionId, HistoryEvent
from handrail.core.stand_ins.recording import RecordedCase, record_case

from .group import examples, write_file
from .service_options import call_on, execution_argument, url_option


@click.command(
    epilog=examples(
        "handrail record order:1001 -o state_machines/order/cases/1001.json",
        "handrail record --aws arn:aws:states:eu-west-1:123456789012:execution:order:1001",
    )
)
@execution_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of the case; stdout if left out.",
)
@click.option("--aws", is_flag=True, help="Ask AWS itself; EXECUTION is an ARN then.")
@url_option
def record(execution: str, *, output: Path | None, aws: bool, url: str) -> None:
    """Make a case of EXECUTION: its input, what its tasks answered, and how it ended.

    `handrail test` replays it offline. Task tokens are redacted; what the history doesn't hold is
    noted in the file and on stderr.
    """
    case = _from_aws(execution) if aws else call_on(url, execution, _from_service)
    text = json_bytes(case.document, indent=2) + b"\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        write_file(output, text)
    for note in case.notes:
        click.echo(f"note: {note}", err=True)


def _from_aws(execution: str) -> RecordedCase:
    from handrail.entrypoints.record import record_from_aws  # noqa: PLC0415 imports AWS's SDK
    from handrail.settings import Settings  # noqa: PLC0415

    return asyncio.run(record_from_aws(Settings.read(), execution))


async def _from_service(client: Client, execution: str) -> RecordedCase:
    notes: list[str] = []
    events = await _events(client, execution)
    children: list[Sequence[HistoryEvent]] = []
    try:
        for child in await _children(client, execution, events):
            children.append(await _events(client, child))
    except RequestRefused as refused:
        notes.append(f"The child executions of its Map Runs can't be read: {refused}")
    definition = await _definition(client, ExecutionId.parse(execution).machine)
    if definition is None:
        notes.append("Its definition couldn't be read: the output may have dates and the like.")
    return record_case(execution, events, definition=definition, children=children, notes=notes)


async def _events(client: Client, execution: str) -> list[HistoryEvent]:
    return [parse_document(event) async for event in client.events(execution)]


async def _children(client: Client, execution: str, events: Sequence[HistoryEvent]) -> list[str]:
    """The child executions of all Map Runs, in the order they began."""
    if not any(event.type == "MapRunStarted" for event in events):
        return []
    maps = {event.details["name"] for event in events if event.type == "MapStateEntered"}
    found: list[Message] = []
    for state in sorted(maps):
        page: Message = {"next_page": None}
        while True:
            page = await client.items(execution, str(state), page=page["next_page"])
            found += (item for item in page["items"] if item["execution"])
            if page["next_page"] is None:
                break
    return [item["execution"] for item in sorted(found, key=lambda item: item["started_at"])]


async def _definition(client: Client, machine: str) -> Definition | None:
    """As it is now: the service doesn't say what it was."""
    try:
        shown = await client.machine(machine)
        return Definition.parse(text_of(shown["definition"]))
    except (RequestRefused, InvalidDefinition):
        return None
