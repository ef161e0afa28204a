"""Updates delivered to a thousand sockets, against `websockets.broadcast`, and the memory of a
socket in both."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .children import measured, python, running
from .figures import Figure, Options, Report, Target, ratios
from .processes.updates import EXECUTION, texts

SOCKETS = 1000
WINDOW = 8


@dataclass(frozen=True, slots=True)
class Rival:
    """A server to be listened to: its module, the path, and the frames it greets with."""

    module: str
    path: str = ""
    greetings: int = 0
    arguments: tuple[str, ...] = ()


SERVICE = Rival("fed_service", f"/v1/executions/{EXECUTION}/ws", greetings=2)
BROADCAST = Rival("broadcaster")
PLAIN_BROADCAST = Rival("broadcaster", arguments=("--asyncio",))


async def run(options: Options) -> Report:
    rounds, updates = (2, 60) if options.quick else (5, 200)
    found = [
        [await listen(rival, updates) for rival in (SERVICE, BROADCAST, PLAIN_BROADCAST)]
        for _ in range(rounds)
    ]
    notes = [await _profiled(updates)] if options.profile else []
    return Report(
        f"updates/s delivered to {SOCKETS:,} sockets", _what_ran(), _figures(found), notes
    )


async def listen(rival: Rival, updates: int, *more: str) -> dict[str, float]:
    """One round: a fresh server and a fresh audience."""
    async with (
        running(python("endpoint")) as endpoint,
        running(
            python(rival.module, *rival.arguments, *more), {"AWS_ENDPOINT_URL": endpoint.url}
        ) as server,
    ):
        control, url = server.said.split()
        return await measured(
            python(
                "socket_load",
                url + rival.path,
                control,
                server.pid,
                f"--sockets={SOCKETS}",
                f"--greetings={rival.greetings}",
                f"--updates={updates}",
                f"--window={WINDOW}",
            )
        )


def _what_ran() -> str:
    size = len(texts(1)[0])
    return f"""\
service    the production app and server on uvloop, fed by a history that grows on demand
broadcast  websockets.broadcast to every connection, compression=None, on uvloop and on asyncio
{SOCKETS:,} sockets in another process offer permessage-deflate, which both decline; both send the
same updates of {size} bytes, {WINDOW} under way at a time. Rounds alternate, servers are fresh."""


def _figures(found: Sequence[Sequence[dict[str, float]]]) -> list[Figure]:
    names = ("service", "broadcast", "broadcast on asyncio")
    columns = {
        name: {key: [each[key] for each in column] for key in column[0]}
        for name, column in zip(names, zip(*found, strict=True), strict=True)
    }
    rate = {name: column["frames_per_s"] for name, column in columns.items()}
    cost = {name: column["cpu_us"] for name, column in columns.items()}
    own = [value for column in columns.values() for value in column["own_cpu_us"]]
    return [
        Figure(
            "updates/s, service / broadcast",
            ratios(rate["service"], rate["broadcast"]),
            "x",
            Target(at_least=0.8),
        ),
        Figure(
            "updates/s, service / broadcast on asyncio",
            ratios(rate["service"], rate["broadcast on asyncio"]),
            "x",
        ),
        Figure(
            "CPU an update, broadcast / service", ratios(cost["broadcast"], cost["service"]), "x"
        ),
        *(Figure(f"updates/s, {name}", values, "/s") for name, values in rate.items()),
        *(Figure(f"CPU an update, {name}", values, "us") for name, values in cost.items()),
        Figure("CPU an update, the audience itself", own, "us"),
        *(
            Figure(f"memory a socket, {name}", [b / 1024 for b in column["socket_bytes"]], "KiB")
            for name, column in columns.items()
        ),
        *(
            Figure(
                f"the same after the run, {name}", [b / 1024 for b in column["later_bytes"]], "KiB"
            )
            for name, column in columns.items()
        ),
    ]


async def _profiled(updates: int) -> str:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "profile.txt"
        await listen(SERVICE, updates, f"--profile={path}")
        return "\n" + path.read_text()
