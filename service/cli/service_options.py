"""What the commands that talk to a running service share: options, JSON, the token, the errors."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from service.client import Client, ClientError, ServiceUnreachable, StreamClosed
from service.core.json_text import JsonText, exact, json_bytes
from service.core.models import Json

from .group import Failed, Unreachable

Answer = TypeVar("Answer")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

url_option = click.option(
    "--url",
    envvar="HANDRAIL_URL",
    default="http://127.0.0.1:8000",
    show_envvar=True,
    help="The service's address.",
)


def json_option(help: str) -> Callable[[Decorated], Decorated]:
    return click.option("--json", "as_json", is_flag=True, help=help)


def call(url: str, use: Callable[[Client], Awaitable[Answer]]) -> Answer:
    """Run `use(client)` to its end. Raises Failed with the exit code the error means. The context's
    object may hold more of the client's options: how retries wait."""
    options = click.get_current_context().find_object(dict) or {}

    token = partial(os.environ.get, "HANDRAIL_TOKEN")

    async def run() -> Answer:
        async with Client(url, token=token, on_pause=_announce, **options) as client:
            return await use(client)

    try:
        return asyncio.run(run())
    except ClientError as error:
        reached = not isinstance(error, ServiceUnreachable | StreamClosed)
        raise Failed(str(error)) if reached else Unreachable(str(error)) from error


def echo_json(value: Json) -> None:
    """Writes numbers as the service did."""
    click.echo(json_bytes(value))


def read_json(option: str, text: str) -> JsonText:
    """The JSON that an option's value means, as it is written: the text itself, `@file`, or `-` for
    standard input. Raises Failed, naming `option`."""
    try:
        if text == "-":
            text = sys.stdin.buffer.read().decode("utf-8-sig")
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{option} can't be read: {error}") from error
    try:
        exact(text)
        text.encode()  # an argument may hold bytes that are no UTF-8
    except ValueError as error:
        raise Failed(f"{option} is not JSON: {error}") from error
    return JsonText(text)


def _announce(delay_s: float, why: str) -> None:
    click.echo(f"{why}; trying again in {delay_s:.1f} s", err=True)
