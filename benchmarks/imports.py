"""From a fresh process to the first client: the production app against its bare libraries."""

import asyncio
import os
import re
import sys

from .children import AWS_ENVIRONMENT, PROJECT, measured, python
from .figures import Figure, Options, Report, Target, ratios

MOST = Target(at_most=1.4)
LISTED = 25
COST = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|( +)(\S+)")
WHAT_RAN = """\
service    import entrypoints.compose_http, open_services (with the first client), create_app
libraries  import quart and aioboto3, open the first client
Fresh processes by turns, bytecode cached; measured from the first import to the client, without
the interpreter's own start. Neither imports moto: the child asserts it."""


async def run(options: Options) -> Report:
    rounds = 3 if options.quick else 11
    for kind in ("service", "libraries"):
        await _one(kind)  # writes the bytecode
    found = [(await _one("service"), await _one("libraries")) for _ in range(rounds)]
    service, libraries = zip(*found, strict=True)
    rows = {"service": service, "libraries": libraries}
    wall = {name: [each["wall_s"] for each in column] for name, column in rows.items()}
    cpu = {name: [each["cpu_s"] for each in column] for name, column in rows.items()}
    figures = [
        Figure("wall, service / libraries", ratios(wall["service"], wall["libraries"]), "x", MOST),
        Figure("CPU, service / libraries", ratios(cpu["service"], cpu["libraries"]), "x", MOST),
        *(Figure(f"wall, {name}", values, "s") for name, values in wall.items()),
        *(Figure(f"CPU, {name}", values, "s") for name, values in cpu.items()),
        *(Figure(f"modules, {name}", [column[0]["modules"]], "") for name, column in rows.items()),
    ]
    notes = [await _costs()] if options.profile else []
    return Report("import and first client", WHAT_RAN, figures, notes)


async def _one(kind: str) -> dict[str, float]:
    return await measured(python("first_client", kind))


async def _costs() -> str:
    """The packages and modules whose import takes longest, and by themselves."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-X", "importtime", "-m", "benchmarks.processes.first_client", "service"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=PROJECT,
        env={**os.environ, **AWS_ENVIRONMENT},
    )
    _, text = await process.communicate()
    costs = [(int(own), int(whole), name) for own, whole, _, name in COST.findall(text.decode())]
    by_whole = sorted(costs, key=lambda cost: -cost[1])[:LISTED]
    by_own = sorted(costs, reverse=True)[:LISTED]
    lines = ["", "import costs: ms with what it imports, ms alone"]
    lines += [f"{whole / 1000:8.1f} {own / 1000:8.1f}  {name}" for own, whole, name in by_whole]
    lines += ["", "by themselves"]
    lines += [f"{whole / 1000:8.1f} {own / 1000:8.1f}  {name}" for own, whole, name in by_own]
    return "\n".join(lines)
