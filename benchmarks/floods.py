"""What strangers' sockets that flood the service with frames cost everybody else."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import aiohttp

from .children import Child, measured, python, running
from .figures import Figure, Options, Report, Target
from .processes.flood import KINDS

SOCKETS = 20
PAUSE_S = 0.02
SETTLING_S = 0.5
WHAT_RAN = f"""\
{SOCKETS} sockets in another process send frames of one kind as fast as they are taken, and come
back whenever they are closed. Meanwhile /healthz is asked again and again, on a connection of its
own. A turn is what the event loop worked between two visits of one callback, in CPU time: nobody
else is served meanwhile."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One flood in one round, in milliseconds."""

    healthz: Sequence[float]
    longest_turn: float
    connections: int
    sent_mib: float


async def run(options: Options) -> Report:
    rounds, seconds = (1, 2.0) if options.quick else (3, 6.0)
    found: dict[str, list[Seen]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind in KINDS:
            found[kind].append(await under(kind, seconds))
    notes = [
        f"{kind}: {seen[-1].connections:,} connections, {seen[-1].sent_mib:,.1f} MiB taken"
        for kind, seen in found.items()
    ]
    return Report("floods of frames", WHAT_RAN, _figures(found), notes)


async def under(kind: str, seconds: float) -> Seen:
    """A fresh service under one flood."""
    async with (
        running(python("endpoint")) as endpoint,
        running(
            python("watched_service"), {"AWS_ENDPOINT_URL": endpoint.url}, quiet=True
        ) as service,
        aiohttp.ClientSession(service.url) as http,
    ):
        await asyncio.sleep(SETTLING_S)
        await _asked(http)
        await _longest_turn(service)
        command = python("flood", service.url, kind, f"--sockets={SOCKETS}", f"--seconds={seconds}")
        flooding = asyncio.create_task(measured(command))
        healthz = []
        while not flooding.done():
            healthz.append(await _asked(http))
            await asyncio.sleep(PAUSE_S)
        done = await flooding
        return Seen(healthz, await _longest_turn(service), done["connections"], done["sent_mib"])


async def _asked(http: aiohttp.ClientSession) -> float:
    began = time.perf_counter()
    async with http.get("/healthz") as answer:
        await answer.read()
    return (time.perf_counter() - began) * 1000


async def _longest_turn(service: Child) -> float:
    """Since this was asked last."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(service.said.split()[0]))
    with contextlib.closing(writer):
        return float(await reader.read())


def _figures(found: dict[str, list[Seen]]) -> list[Figure]:
    return [
        figure
        for kind, seen in found.items()
        for figure in (
            Figure(f"{kind}: /healthz, median", [median(each.healthz) for each in seen], "ms"),
            Figure(
                f"{kind}: /healthz, longest",
                [max(each.healthz) for each in seen],
                "ms",
                Target(at_most=100),
            ),
            Figure(
                f"{kind}: longest turn",
                [each.longest_turn for each in seen],
                "ms",
                Target(at_most=50),
            ),
        )
    ]
