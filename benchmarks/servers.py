"""The same app on Hypercorn as it runs in production, on asyncio's own loop, and on two other
servers: starts a second, updates delivered, and the memory of a socket."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .children import measured, python, running
from .figures import Figure, Options, Report, ratios
from .processes.endpoint import MACHINE
from .processes.updates import EXECUTION
from .start import CONCURRENCY, INPUT, Round

SOCKETS = 1000
WHAT_RAN = f"""\
hypercorn             the production app and server on uvloop, which hands sockets over
hypercorn on asyncio  the same on asyncio's own loop
uvicorn, granian      the same app on uvloop, where messages go through ASGI
Starts: {CONCURRENCY} at a time against the stub endpoint of `start`. Updates: one at a time to
{SOCKETS:,} sockets in another process. Rounds alternate, servers are fresh, and ratios are to
hypercorn in the same round."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One server in one round."""

    start: Round
    delivery: dict[str, float]


SERVERS = {
    "hypercorn": ("--server=hypercorn",),
    "hypercorn on asyncio": ("--server=hypercorn", "--asyncio"),
    "uvicorn": ("--server=uvicorn",),
    "granian": ("--server=granian",),
}


async def run(options: Options) -> Report:
    rounds, seconds, updates = (2, 1.0, 20) if options.quick else (5, 3.0, 60)
    found: dict[str, list[Seen]] = {name: [] for name in SERVERS}
    for _ in range(rounds):
        for name, arguments in SERVERS.items():
            start = await starts(arguments, seconds)
            found[name].append(Seen(start, await delivery(arguments, updates)))
    return Report("the app on each server", WHAT_RAN, _figures(found))


async def starts(arguments: Sequence[str], seconds: float) -> Round:
    """A fresh server under `start`'s load."""
    with tempfile.TemporaryDirectory() as name:
        body = Path(name) / "start.json"
        body.write_text(json.dumps({"input": INPUT}))
        async with (
            running(python("endpoint")) as endpoint,
            running(
                python("fed_service", *arguments), {"AWS_ENDPOINT_URL": endpoint.url}, quiet=True
            ) as server,
        ):
            url = server.url.replace("ws:", "http:") + f"/v1/state-machines/{MACHINE}/executions"
            options = (f"--pid={server.pid}", f"--pid={endpoint.pid}")
            load = ("http_load", url, body, *options)
            await measured(python(*load, "--connections=1", "--seconds=0.5"))
            found = await measured(
                python(*load, f"--connections={CONCURRENCY}", f"--seconds={seconds}")
            )
        return Round.of(found, found["cpu_s"][0], found["cpu_s"][1] + found["own_cpu_s"])


async def delivery(arguments: Sequence[str], updates: int) -> dict[str, float]:
    """A fresh server and a fresh audience; one update on its way at a time, since without
    ready-made frames the next one would be merged with it."""
    async with (
        running(python("endpoint")) as endpoint,
        running(
            python("fed_service", *arguments), {"AWS_ENDPOINT_URL": endpoint.url}, quiet=True
        ) as server,
    ):
        control, url = server.said.split()
        path = f"/v1/executions/{EXECUTION}/ws"
        counts = (f"--sockets={SOCKETS}", "--greetings=2", f"--updates={updates}", "--window=1")
        return await measured(python("socket_load", url + path, control, server.pid, *counts))


def _figures(found: dict[str, list[Seen]]) -> list[Figure]:
    started = {name: [each.start.per_s for each in seen] for name, seen in found.items()}
    costs = {name: [each.start.cpu_ms for each in seen] for name, seen in found.items()}
    delivered = {
        name: [each.delivery["frames_per_s"] for each in seen] for name, seen in found.items()
    }
    sent = {name: [each.delivery["cpu_us"] for each in seen] for name, seen in found.items()}
    memory = {
        name: [each.delivery["socket_bytes"] / 1024 for each in seen]
        for name, seen in found.items()
    }
    return [
        *_compared("starts/s", started),
        *_compared("updates/s", delivered),
        *(Figure(f"starts/s, {name}", values, "/s") for name, values in started.items()),
        *(Figure(f"CPU a start, {name}", values, "ms") for name, values in costs.items()),
        *(Figure(f"updates/s, {name}", values, "/s") for name, values in delivered.items()),
        *(Figure(f"CPU an update, {name}", values, "us") for name, values in sent.items()),
        *(Figure(f"memory a socket, {name}", values, "KiB") for name, values in memory.items()),
    ]


def _compared(what: str, values: dict[str, list[float]]) -> list[Figure]:
    """Each server's ratio to Hypercorn, round by round."""
    ours, *others = values
    return [
        Figure(f"{what}, {name} / {ours}", ratios(values[name], values[ours]), "x")
        for name in others
    ]
