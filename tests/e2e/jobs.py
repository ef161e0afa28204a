"""A worker module for processes: jobs that wait, count and leave traces as their input says."""

import asyncio
import time
from pathlib import Path
from typing import Any

from handrail.worker import Task, Worker

worker = Worker()
both = Worker()
running = 0


@both.activity("jobs-${ENVIRONMENT}", heartbeat_s=0.4)
@worker.activity("jobs-${ENVIRONMENT}", heartbeat_s=0.4)
async def do(job: dict[str, Any], task: Task) -> dict[str, Any]:
    """`for_s` long, as long as the file `held` is there, or for ever where this worker is the one
    that `hangs`; `trace` is a file that gets a line, and another one where the job is cancelled."""
    global running  # noqa: PLW0603 what the test wants to know
    running += 1
    at_once = running
    try:
        await asyncio.sleep(600 if job.get("hangs") == task.worker else job.get("for_s", 0))
        while "held" in job and Path(job["held"]).exists():  # noqa: ASYNC110, ASYNC240 see above
            await asyncio.sleep(0.02)
        _trace(job, "done")
    except asyncio.CancelledError:
        _trace(job, "cancelled")
        raise
    finally:
        running -= 1
    return {"worker": task.worker, "at_once": at_once}


@both.activity("plain-jobs", heartbeat_s=0.4)
def do_plainly(job: dict[str, Any], task: Task) -> str:
    """For ever, or until nobody waits."""
    while not task.over:
        time.sleep(0.01)
    _trace(job, "over")
    return "nobody hears it"


def _trace(job: dict[str, Any], what: str) -> None:
    if "trace" in job:
        with Path(job["trace"]).open("a", encoding="utf-8") as file:
            file.write(f"{job.get('number')} {what}\n")
