"""`python -m tests.lagging [--seconds 0.3 2 8] [--operations ListExecutions …]`: every scene with
these lags of these reads (of all), as a table. Exits with 1 where anything but the time differs
from what comes without a lag."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import structlog

from tests.environment import made_up
from tests.stubs.account import READS, Lag

from .playing import Results, played


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lagging", description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=[0.3, 2.0, 8.0])
    parser.add_argument("--operations", nargs="+", choices=sorted(READS), default=sorted(READS))
    given = parser.parse_args()
    operations = frozenset(given.operations)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        made_up(patch, Path(folder), "AWS_", "HANDRAIL_")
        without = _played(Lag())
        runs = {seconds: _played(Lag(seconds, operations=operations)) for seconds in given.seconds}
    differing = _printed(without, runs)
    return 1 if differing else 0


def _played(lag: Lag) -> Results:
    """By processes, and then by Lambda's functions: a cold start would keep the others waiting."""
    both = (asyncio.run(played(lag, kind)) for kind in ("process", "lambda"))
    return {key: result for results in both for key, result in results.items()}


def _printed(without: Results, runs: Mapping[float, Results]) -> int:
    """One line a scene and pair: seconds and repetitions (of 503s) by lag. How many differ."""
    wide, differing = max(len(scene) for scene, _ in without) + 1, 0
    heads = "".join(f"{f'lag {seconds:g} s':>22}" for seconds in runs)
    print(f"{'scene':{wide}}{'written → read':20}{'no lag':>8}{heads}")
    for key, expected in without.items():
        cells = []
        for results in runs.values():
            found = results[key]
            same = found.outcome == expected.outcome
            differing += not same
            told = f"{found.took_s:.1f} s, {found.retried}x 503"
            cells.append(f"{told if same else 'DIFFERS ' + told:>22}")
        print(f"{key[0]:{wide}}{key[1]:20}{f'{expected.took_s:.1f} s':>8}{''.join(cells)}")
    for seconds, results in runs.items():
        for key, expected in without.items():
            if results[key].outcome != expected.outcome:
                print(f"\n{key} at {seconds:g} s:\n  {expected.outcome}\n  {results[key].outcome}")
    print(f"\n{differing} of {len(without) * len(runs)} differ.", flush=True)
    return differing


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    sys.exit(main())
