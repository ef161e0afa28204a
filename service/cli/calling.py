"""What the commands that talk to a running service share: the options, the token, the errors."""

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from service.core.models import Json

from .group import Failed
from .outcome import UNREACHABLE, USAGE

Answer = TypeVar("Answer")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Timing:
    """How retries wait; the context's object may be another."""

    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: Callable[[], float] = random.random


def url_option(command: Decorated) -> Decorated:
    return click.option(
        "--url",
        envvar="HANDRAIL_URL",
        default=DEFAULT_URL,
        show_default=True,
        show_envvar=True,
        help="The service's address.",
    )(command)


def json_option(help: str) -> Callable[[Decorated], Decorated]:
    return click.option("--json", "as_json", is_flag=True, help=help)


def call(url: str, use: "Callable[[Any], Awaitable[Answer]]") -> Answer:
    """Run `use(client)` to its end. Raises Failed with the exit code the error means."""
    from service.client import (  # noqa: PLC0415
        Client,
        ClientError,
        ServiceUnreachable,
        StreamClosed,
    )

    timing = click.get_current_context().find_object(Timing) or Timing()

    async def run() -> Answer:
        async with Client(
            url, token=_token, on_pause=_announce, sleep=timing.sleep, jitter=timing.jitter
        ) as client:
            return await use(client)

    try:
        return asyncio.run(run())
    except (ServiceUnreachable, StreamClosed) as error:
        raise Failed(str(error), UNREACHABLE) from error
    except ClientError as error:
        raise Failed(str(error), USAGE) from error


def echo_json(value: Json) -> None:
    click.echo(json.dumps(value, separators=(",", ":")))


def _token() -> str | None:
    return os.environ.get("HANDRAIL_TOKEN")


def _announce(delay_s: float, why: str) -> None:
    click.echo(f"{why}; trying again in {delay_s:.1f} s", err=True)
