"""`python -m benchmarks [OPTION ...] [NAME [SIZE ...] ...]`: run the named benchmarks, or all that
are ratios. The scenes of the read budget run by name alone, in their own size or in those behind
their name: `live 75 300 restart`."""

import argparse
import asyncio
import os
import platform
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import Any

from . import (
    calls,
    coldstart,
    fanout,
    floods,
    fold,
    imports,
    live,
    page,
    redact,
    servers,
    sockets,
    start,
    traces,
    transfer,
)
from .chaos import report as chaos
from .figures import Options, Report, table
from .processes.delivery import Delivery
from .processes.quotas import TABLES
from .scenes import SCENES

Benchmark = Callable[[Options], Coroutine[Any, Any, Report]]
RATIOS: dict[str, Benchmark] = {
    "start": start.run,
    "fanout": fanout.run,
    "calls": calls.run,
    "fold": fold.run,
    "redact": redact.run,
    "import": imports.run,
    "servers": servers.run,
    "coldstart": coldstart.run,
    "floods": floods.run,
    "page": page.run,
    "transfer": transfer.run,
    "sockets": sockets.run,
    "traces": traces.run,
}
BUDGET: dict[str, Benchmark] = {name: partial(live.run, name) for name in SCENES}
SIZED: dict[str, Benchmark] = BUDGET | {"chaos": chaos.run}
BENCHMARKS = RATIOS | SIZED
SMALLEST = 3
"""Of a scene: somebody is looked at, somebody settled and somebody stopped."""


def main() -> None:
    """Always exits 0 when it could measure: figures are for people to judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    parser.add_argument("--quotas", choices=TABLES, default="large", help="AWS's, enforced")
    parser.add_argument(
        "--push", metavar="DELIVERY", help="scenes: push events, 1 s late as in `1`"
    )
    parser.add_argument("--replicas", type=int, default=1, help="scenes: so many; `live` kills one")
    parser.add_argument("--bus", action="store_true", help="scenes: replicas share a redis-server")
    parser.add_argument("--seed", type=int, default=1, help="chaos: of the first round")
    parser.add_argument(
        "--without", choices=("push", "bus"), action="append", default=[], help="chaos: no such"
    )
    given = parser.parse_args()
    try:
        runs = list(_runs(given.names))
        Delivery.parse(given.push or "0")
    except ValueError as error:
        parser.error(str(error))
    print(_machine(), flush=True)
    for name, size in runs or [(name, None) for name in RATIOS]:
        options = Options(
            given.quick,
            given.profile,
            size,
            given.quotas,
            given.push,
            given.replicas,
            given.bus,
            given.seed,
            given.without,
        )
        report = asyncio.run(BENCHMARKS[name](options))
        print(_shown(name, report), flush=True)


def _runs(words: Sequence[str]) -> Iterator[tuple[str, int | None]]:
    """Each name with each of the sizes behind it. Raises ValueError."""
    named: list[tuple[str, list[int]]] = []
    for word in words:
        if word in BENCHMARKS:
            named.append((word, []))
        elif word.isdecimal() and int(word) >= SMALLEST and named and named[-1][0] in SIZED:
            named[-1][1].append(int(word))
        else:
            raise ValueError(f"no such benchmark, or no size of one ({SMALLEST} at least): {word}")
    for name, sizes in named:
        yield from ((name, size) for size in sizes)
        if not sizes:
            yield name, None


def _machine() -> str:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load before: {load}"
    )


def _shown(name: str, report: Report) -> str:
    heading = f"\n== {name}: {report.title} =="
    return "\n".join((heading, report.what_ran, "", table(report.figures), *report.notes))


if __name__ == "__main__":
    main()
