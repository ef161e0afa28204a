"""`python -m benchmarks [--quick] [--profile] [NAME ...]`: run the named benchmarks, or all."""

import argparse
import asyncio
import os
import platform
from collections.abc import Callable, Coroutine
from typing import Any

from . import calls, coldstart, fanout, floods, fold, imports, servers, start
from .figures import Options, Report, table

BENCHMARKS: dict[str, Callable[[Options], Coroutine[Any, Any, Report]]] = {
    "start": start.run,
    "fanout": fanout.run,
    "calls": calls.run,
    "fold": fold.run,
    "import": imports.run,
    "servers": servers.run,
    "coldstart": coldstart.run,
    "floods": floods.run,
}


def main() -> None:
    """Always exits 0 when it could measure: figures are for people to judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    print(_machine(), flush=True)
    for name in given.names or BENCHMARKS:
        report = asyncio.run(BENCHMARKS[name](Options(given.quick, given.profile)))
        print(_shown(name, report), flush=True)


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
