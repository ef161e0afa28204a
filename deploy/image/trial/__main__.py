"""The trial from start to end; see the package."""

import asyncio
import json
import os
import sys
from pathlib import Path
from subprocess import TimeoutExpired

from . import alive, drain, still
from .findings import CheckFailed, expect, found
from .processes import engine, running
from .sandbox import Sandbox


async def trial(sandbox: Sandbox) -> None:
    """Raises CheckFailed."""
    still.check(sandbox)
    async with running(engine(), outside()) as embedded:
        key, entry = api_key(sandbox)
        variables = {
            "HANDRAIL_AUTH": "api-key",
            "HANDRAIL_API_KEYS": entry,
            "HANDRAIL_DRAIN_DELAY_S": "1",
        }
        environment = {**sandbox.environment, **json.loads(embedded.said), **variables}
        async with running(sandbox.command(*sandbox.start), environment) as service:
            found("boot", f"{service.took_s:.2f} s from exec to: {service.said}")
            await alive.check(sandbox, service, key)
            await drain.check(service, key)


def api_key(sandbox: Sandbox) -> tuple[str, str]:
    """A key and its line for the service, made by the image's own command."""
    answer = sandbox.ask([sandbox.start[0], "api-key", "trial", "--json"])
    expect(answer.returncode == 0, f"`handrail api-key` failed: {answer.stderr}")
    made = json.loads(answer.stdout)
    return made["key"], json.dumps(made["entry"])


def outside() -> dict[str, str]:
    """This process's variables without AWS's and the service's."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "HANDRAIL_"))}


def main() -> None:
    root, configuration = sys.argv[1:]
    sandbox = Sandbox.of(Path(root), json.loads(configuration))
    sandbox.prepare()
    try:
        asyncio.run(trial(sandbox))
    except (CheckFailed, TimeoutError, TimeoutExpired) as failed:
        sys.exit(f"  FAILED  {str(failed) or type(failed).__name__}")


if __name__ == "__main__":
    main()
