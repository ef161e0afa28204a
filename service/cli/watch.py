"""Watches one execution: shows the stream's messages in a terminal, a pipe or to a program."""

import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from importlib.util import find_spec

import click

from service.client import Client, Message, View, apply

from .group import exit_code_of
from .lines import changes, one_line
from .service_options import echo_json

Show = Callable[[View, View], None]
"""Shows a view, after the one before it."""


async def watch_to_end(
    client: Client, execution: str, *, level: str, as_json: bool, since: Message | None = None
) -> int:
    """Follow `execution` to its end and show it; answers the exit code. `since` is the answer that
    it was started or redriven with: what is shown goes on from there, never from before."""
    after = since.get("cursor") if since else None
    messages = client.follow(execution, after=after, level=level)
    if as_json:
        message: Message = {}
        async for message in messages:  # the last is `complete`
            echo_json(message)
        return exit_code_of(str(message.get("status")))
    view = apply(View(), {"type": "reset", "snapshot": since})
    if not sys.stdout.isatty() or find_spec("rich") is None:  # an extra: servers have no terminal
        return await _show(messages, _print, view)
    from rich.live import Live  # noqa: PLC0415

    from .live_table import LiveTable  # noqa: PLC0415

    table = LiveTable(lambda: datetime.now(UTC))
    # Refreshing by itself keeps the elapsed times running while nothing changes.
    with Live(table, refresh_per_second=4, redirect_stderr=True):
        return await _show(messages, table.show, view)


async def _show(messages: AsyncIterator[Message], show: Show, view: View) -> int:
    show(View(), view)
    async for message in messages:
        if message["type"] == "error":
            click.echo(one_line(message.get("detail")), err=True)
        before, view = view, apply(view, message)
        show(before, view)
    return exit_code_of(view.status)


def _print(before: View, after: View) -> None:
    for line in changes(before, after):
        click.echo(line)
