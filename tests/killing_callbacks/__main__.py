"""`python -m tests.killing_callbacks [--seeds 100] [--processes 5]`: stories in simulated time,
each with a death at every await; then `handrail serve` killed by SIGKILL, over and over. Exits with
1 where a callback was lost, settled twice, or is neither settled nor dead-lettered."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import aioboto3
import pytest
import structlog

from handrail.engine.engine import embedded_engine
from tests.engine.engine_fixture import Calls
from tests.environment import made_up

from .processes import killed
from .simulation import killed_at, steps_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.killing_callbacks", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--processes", type=int, default=5)
    given = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    faults: list[str] = []
    deaths = 0
    for seed in range(given.first, given.first + given.seeds):
        steps = asyncio.run(steps_of(seed))
        deaths += steps
        for step in range(steps):
            faults += asyncio.run(killed_at(seed, step))
    print(f"{given.seeds} stories, {deaths} deaths: {len(faults)} faults", flush=True)
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        made_up(patch, Path(folder), "AWS_", "HANDRAIL_")
        faults += asyncio.run(_processes(range(given.first, given.first + given.processes)))
    print("\n".join(faults) or "Nothing was lost, and nothing settled twice.", flush=True)
    return 1 if faults else 0


async def _processes(seeds: range) -> list[str]:
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        async with embedded_engine(Path(folder), environment="test") as engine:
            given = {
                "aws_access_key_id": engine.access_key_id,
                "aws_secret_access_key": engine.secret_access_key,
                "region_name": engine.region,
            }
            session, url = aioboto3.Session(**given), engine.endpoint_url
            async with (
                session.client("stepfunctions", endpoint_url=url) as sfn,
                session.client("sqs", endpoint_url=url) as sqs,
            ):
                calls = Calls(engine, sfn, sqs, None)
                for seed in seeds:
                    found = await killed(calls, seed, tasks=30, kills=4)
                    faults += [f"processes, seed {seed}: {fault}" for fault in found]
                    print(f"seed {seed}: killed 4 times, {len(found)} faults", flush=True)
    return faults


if __name__ == "__main__":
    sys.exit(main())
