"""What the commands that talk to a running service share: options, JSON, the token, the errors."""

import asyncio
import json
import os
import random
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from service.core.models import Json

from .group import UNREACHABLE, USAGE, Failed

if TYPE_CHECKING:
    from service.client import Client

Answer = TypeVar("Answer")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

url_option = click.option(
    "--url",
    envvar="HANDRAIL_URL",
    default="http://127.0.0.1:8000",
    show_default=True,
    show_envvar=True,
    help="The service's address.",
)


@dataclass(frozen=True, slots=True)
class Timing:
    """How retries wait; the context's object may be another."""

    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: Callable[[], float] = random.random


def json_option(help: str) -> Callable[[Decorated], Decorated]:
    return click.option("--json", "as_json", is_flag=True, help=help)


def call(url: str, use: "Callable[[Client], Awaitable[Answer]]") -> Answer:
    """Run `use(client)` to its end. Raises Failed with the exit code the error means."""
    from service import client as c  # noqa: PLC0415 aiohttp

    timing = click.get_current_context().find_object(Timing) or Timing()

    async def run() -> Answer:
        async with c.Client(
            url, token=_token, on_pause=_announce, sleep=timing.sleep, jitter=timing.jitter
        ) as client:
            return await use(client)

    try:
        return asyncio.run(run())
    except (c.ServiceUnreachable, c.StreamClosed) as error:
        raise Failed(str(error), UNREACHABLE) from error
    except c.ClientError as error:
        raise Failed(str(error), USAGE) from error


def echo_json(value: Json) -> None:
    click.echo(json.dumps(value, separators=(",", ":")))


def read_json(option: str, text: str, read_stdin: Callable[[], str]) -> Json:
    """The JSON that an option's value means: the text itself, `@file`, or `-` for standard input.
    Raises Failed, naming `option`."""
    try:
        if text == "-":
            text = read_stdin()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{option} can't be read: {error}", USAGE) from error
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Failed(f"{option} is not JSON: {error}", USAGE) from error


def stdin_text() -> str:
    return sys.stdin.buffer.read().decode("utf-8-sig")


def _token() -> str | None:
    return os.environ.get("HANDRAIL_TOKEN")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _announce(delay_s: float, why: str) -> None:
    click.echo(f"{why}; trying again in {delay_s:.1f} s", err=True)
