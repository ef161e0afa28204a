"""The rival without a service: aioboto3 as a person would write it.

One session, one client, its default Config, asyncio's own loop, and a number of coroutines in
asyncio.gather that start executions one after the other.
"""

import argparse
import asyncio
import json
import time
import uuid
from pathlib import Path
from typing import Any

import aioboto3

from .endpoint import ARN
from .http_load import WARM_UP_S
from .usage import cpu_s

MACHINE_ARN = (ARN % b"stateMachine").decode()


async def starts(text: str, concurrency: int, seconds: float, pids: list[int]) -> dict[str, Any]:
    async with aioboto3.Session().client("stepfunctions") as sfn:
        count, over = 0, False

        async def starting() -> None:
            nonlocal count
            while not over:
                await sfn.start_execution(
                    stateMachineArn=MACHINE_ARN, name=str(uuid.uuid4()), input=text
                )
                count += 1

        everybody = asyncio.gather(*(starting() for _ in range(concurrency)))
        await asyncio.sleep(WARM_UP_S)
        before, began_at, own = count, time.perf_counter(), time.process_time()
        used = [cpu_s(pid) for pid in pids]
        await asyncio.sleep(seconds)
        found = {
            "answered": count - before,
            "elapsed_s": time.perf_counter() - began_at,
            "cpu_s": [cpu_s(pid) - was for pid, was in zip(pids, used, strict=True)],
            "own_cpu_s": time.process_time() - own,
        }
        over = True
        await everybody
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", type=Path, help="a file with the execution's input")
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--pid", type=int, action="append", default=[])
    given = parser.parse_args()
    text = given.input.read_text()
    print(json.dumps(asyncio.run(starts(text, given.concurrency, given.seconds, given.pid))))


if __name__ == "__main__":
    main()
