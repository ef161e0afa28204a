"""Runs commands against a service that a test plays."""

import asyncio
import subprocess
import sys

from click.testing import CliRunner, Result

from handrail.cli import main
from tests.client.fake_service import (
    READY,
    SUBSCRIBED,
    Close,
    Script,
    Waits,
    complete,
    snapshot,
    state,
    update,
)

STARTED = (202, {**snapshot(), "cursor": "9:0"})


ENDING: Script = [
    READY,
    SUBSCRIBED,
    update("9:3", state("Ship", "RUNNING")),
    complete(),
    Close(1000),
]


async def handrail(
    *args: str, url: str = "http://127.0.0.1:9", stdin: str | None = None, token: str | None = None
) -> Result:
    """Run the command in a thread, so that the fake service's loop is free to answer it."""
    timing = {"sleep": Waits().sleep, "jitter": lambda: 0.0}
    environment = {"HANDRAIL_URL": url, "HANDRAIL_TOKEN": token}
    run = CliRunner().invoke
    return await asyncio.to_thread(run, main, args, stdin, env=environment, obj=timing)


def imported(code: str) -> set[str]:
    """The modules that a fresh interpreter has after running some code."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    ended = subprocess.run(  # noqa: S603 - our own interpreter and script
        command, capture_output=True, text=True, check=True
    )
    return set(ended.stdout.split())
