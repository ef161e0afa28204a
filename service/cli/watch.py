"""Watches one execution: shows the stream's messages in a terminal, a pipe or to a program."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Protocol

import click

from handrail.client import Client, Message, View, apply

from .group import TERMINATED, exit_code_of
from .lines import changes, execution_line, one_line
from .service_options import echo_json


class _Display(Protocol):
    def show(self, before: View, after: View, *, more: bool) -> None:
        """Show a view, after the one before it, and whether there is more to come."""

    def tell(self, notice: str) -> None:
        """Say what keeps news away."""


class _Lines:
    """One line a change. An end may be known before its last events are: it is told behind them."""

    _end_untold = False

    def show(self, before: View, after: View, *, more: bool) -> None:
        for line in changes(before, after, more=more):
            click.echo(line)
        if self._end_untold and not more:
            click.echo(execution_line(after))
        ends = bool(before.execution) and not before.ended
        self._end_untold = more and after.ended and (self._end_untold or ends)

    def tell(self, notice: str) -> None:
        click.echo(one_line(notice), err=True)


async def watch_to_end(
    client: Client, execution: str, *, level: str, as_json: bool, since: Message | None = None
) -> int:
    """Follow `execution` to its end and show it; answers the exit code. `since` is the answer that
    it was started or redriven with: what is shown goes on from there, never from before."""
    after = since.get("cursor") if since else None
    messages = client.follow(execution, after=after, level=level)
    lines = _Lines()
    _tell_of_drops(client, lines)
    if as_json:
        message: Message = {}
        async for message in messages:  # the last is `complete`
            echo_json(message)
        return exit_code_of(str(message.get("status")))
    view = apply(View(), {"type": "reset", "snapshot": since})
    if not _draws():
        return await _show(messages, lines, view)
    from .live_table import LiveTable, ResizableLive  # noqa: PLC0415 imports rich

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # the cursor is shown again
    table = LiveTable(lambda: datetime.now(UTC))
    _tell_of_drops(client, table)
    # Refreshing by itself keeps the elapsed times running while nothing changes.
    with ResizableLive(table, refresh_per_second=4):
        return await _show(messages, table, view)


def _draws() -> bool:
    """Whether the terminal can draw over what stands there, and rich is there to do it: it is an
    extra, servers have no terminal."""
    dumb = os.environ.get("TERM", "").lower() in {"", "dumb", "unknown"}
    return sys.stdout.isatty() and not dumb and find_spec("rich") is not None


def _tell_of_drops(client: Client, display: _Display) -> None:
    client.on_pause = lambda why: display.tell(f"{why.rstrip('.')}; reconnecting …")


async def _show(messages: AsyncIterator[Message], display: _Display, view: View) -> int:
    display.show(View(), view, more=True)
    async for message in messages:
        before, view = view, apply(view, message)
        display.show(before, view, more=message["type"] != "complete")
        if message["type"] == "error":
            display.tell(str(message.get("detail")))
    return exit_code_of(view.status)
