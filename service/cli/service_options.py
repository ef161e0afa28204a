"""What the commands that talk to a running service share: options, JSON, the token, the errors."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from handrail.client import Client, ClientError, RequestRefused, ServiceUnreachable, StreamClosed
from handrail.core.errors import NotFound
from handrail.core.json_text import JsonText, exact
from handrail.core.models import Json

from .credential import token
from .group import Failed, Unreachable
from .json_output import json_output
from .names import executions, latest

Answer = TypeVar("Answer")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

url_option = click.option(
    "--url",
    envvar="HANDRAIL_URL",
    default="http://127.0.0.1:8000",
    show_envvar=True,
    help="The service's address.",
)


def named(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Refuses an empty name, as a script's unset variable gives it: it would ask for something
    else, or for all."""
    if value == "":
        raise click.BadParameter("it is empty.")
    return value


execution_argument = click.argument("execution", shell_complete=executions, callback=named)

_HINTS = {
    401: "Set HANDRAIL_TOKEN to an API key or a token that the service takes.",
    403: "Set HANDRAIL_TOKEN to a credential that may do this.",
}


def json_option(help: str) -> Callable[[Decorated], Decorated]:
    return click.option("--json", "as_json", is_flag=True, help=help)


def call(url: str, use: Callable[[Client], Awaitable[Answer]]) -> Answer:
    """Run `use(client)` to its end. Raises Failed with the exit code the error means. The context's
    object may hold more of the client's options: how retries wait."""
    options = click.get_current_context().find_object(dict) or {}

    async def run() -> Answer:
        async with Client(url, token=token, on_pause=_announce, **options) as client:
            return await use(client)

    try:
        return asyncio.run(run())
    except ClientError as error:
        reached = not isinstance(error, ServiceUnreachable | StreamClosed)
        raise Failed(_told(error, url)) if reached else Unreachable(str(error)) from error


def _told(error: ClientError, url: str) -> str:
    """What went wrong, and what to do where that can be known."""
    if not isinstance(error, RequestRefused):
        return str(error)
    if error.code == NotFound.code:  # of no execution or state machine, but of the path
        return f"{url} doesn't know this call: the service is older, or isn't there."
    return " ".join(filter(None, (str(error), _HINTS.get(error.status))))


def call_on(url: str, execution: str, use: Callable[[Client, str], Awaitable[Answer]]) -> Answer:
    """`call` for one execution: says on stderr which one `@latest` is."""

    async def run(client: Client) -> Answer:
        id = await latest(client, execution)
        if id != execution:
            click.echo(f"{execution} is {id}", err=True)
        return await use(client, id)

    return call(url, run)


def echo_json(value: Json) -> None:
    """Print a value as the service wrote it, but for blanks and escapes."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    click.echo(json_output(value, ascii_only=not unicode))


def read_json(option: str, text: str) -> JsonText:
    """The JSON that an option's value means, as it is written: the text itself, `@file`, or `-` for
    standard input. Raises Failed, naming `option`."""
    source = Path(text[1:] if text.startswith("@") else "/dev/stdin")
    try:
        if text == "-":
            text = _decoded(_standard_input(option))
        elif text.startswith("@"):
            text = _decoded(source.read_bytes())
    except OSError as error:
        raise Failed(f"{option}: {source} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failed(f"{option} is no text: {error}") from error
    try:
        exact(text)
        text.encode()  # an argument may hold bytes that are no UTF-8
    except ValueError as error:
        raise Failed(f"{option} is not JSON: {error}") from error
    return JsonText(text)


def _standard_input(option: str) -> bytes:
    if sys.stdin is None:
        raise Failed(f"{option}: there is no standard input.")
    if sys.stdin.isatty():
        click.echo(f"{option}: type JSON, then Ctrl-D.", err=True)
    return sys.stdin.buffer.read()


def _decoded(data: bytes) -> str:
    """As JSON is written: UTF-8, or what its first bytes show, as PowerShell's `>` makes it."""
    return data.decode(json.detect_encoding(data))


def _announce(why: str) -> None:
    click.echo(f"{why.rstrip('.')}; trying again", err=True)
