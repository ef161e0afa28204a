"""The load on the read budget: an audience and a person, one scene a run, what they saw as JSON.

The scenes are those of `benchmarks.live`. `restart` prints a line `watching` first, once every
socket has its snapshot, and goes on when the service it was connected to is gone.
"""

import argparse
import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from itertools import cycle
from typing import Any

import uvloop

from .asking import Counts, add, counts
from .audience import LOOK_S, Audience, until
from .live_socket import LiveSocket
from .person import Asked, Person, every, session
from .plans import plan
from .stage import Found, Stage, first_snapshots, meanwhile, snapshots, spread
from .usage import cpu_s, peak_bytes

SOCKETS = 3
STARTS_OVER_S = 10.0
LEAD_S = 1.0
STRANGERS = 20
STRANGE_NAMES = 100
RESTART_ASKED_S = 5.0
"""Each question costs a read, as each of those does who come back and whose time is measured."""

STRANGERS_STAY_S = 1.0
PROMPT_S = 2.0
HEALTH_EVERY_S = 0.25
LOOK_AGAIN_S = 0.5


async def live(stage: Stage) -> Found:
    """Executions that change all the time, watched from their start to their end."""
    followed, first_at = plan(stage.plan), time.time() + LEAD_S
    names = [f"live-{number}" for number in range(stage.size)]
    add(stage.endpoint, names, stage.plan, first_at=first_at, over_s=STARTS_OVER_S)
    executions = [f"{followed.machine}:{name}" for name in names]
    span_s = STARTS_OVER_S + followed.offsets[-1]
    others = stage.waiting(int(span_s))
    async with meanwhile(_arriving(stage, executions, first_at)):
        await asyncio.sleep(first_at + 1 - time.time())
        used = [cpu_s(pid) for pid in stage.pids]
        async with stage.asking(executions[: max(1, stage.size // 10)], others):
            await asyncio.sleep(first_at + span_s / 2 - time.time())
            living = _one_fewer(stage.pids)
            await asyncio.sleep(first_at + span_s - time.time())
        spent = [cpu_s(pid) - before for pid, before in zip(living, used, strict=False)]
        busy = max(spent) / (span_s - 1)
        await stage.audience.until(lambda seen: seen.ended, stage.limit_s)
    return {"busy": busy, **_lateness(stage)}


def _one_fewer(pids: Sequence[int]) -> Sequence[int]:
    """The last of several replicas is killed; those that are left."""
    if len(pids) == 1:
        return pids
    os.kill(pids[-1], signal.SIGKILL)
    return pids[:-1]


async def _arriving(stage: Stage, executions: Sequence[str], first_at: float) -> None:
    """Each execution's sockets come as it starts."""
    followed, apart_s = plan(stage.plan), STARTS_OVER_S / len(executions)
    for number, execution in enumerate(executions):
        started_at = first_at + number * apart_s
        await asyncio.sleep(max(0.0, started_at + 0.02 - time.time()))
        for _ in range(SOCKETS):
            stage.audience.watch(execution, followed, started_at)


def _lateness(stage: Stage) -> Found:
    now, seen = time.time(), stage.audience.seen
    late = [each for one in seen for each in one.late_s]
    ends = [one.end_late_s for one in seen if one.end_late_s is not None]
    unseen, promised = sum(one.unseen(now) for one in seen), sum(one.promised for one in seen)
    broken = sum(one.broken for one in seen)
    resumed, behind = [each for one in seen for each in one.resumed_s], Found()
    if stage.push_s is not None:
        behind = {"behind": spread([max(0.0, each - stage.push_s) for each in late])}
    if resumed:
        behind |= {"resumed": spread(resumed), "anew": sum(one.anew for one in seen)}
    return {
        **behind,
        "changes": spread(late),
        "within_s": sum(each <= PROMPT_S for each in late) / max(1, len(late) + unseen),
        **({"broken": broken / promised} if promised else {}),
        "unseen": unseen,
        "ends": spread(ends),
        "no_end": len(seen) - len(ends),
    }


async def idle(stage: Stage) -> Found:
    """Executions that wait for a callback each, and the people who look, settle and stop."""
    found, executions = await first_snapshots(stage)
    third = len(executions) // 3
    looked_at, settled = executions[:third], executions[third : 2 * third]
    async with stage.asking(looked_at, settled, executions[2 * third :]):
        await asyncio.sleep(stage.calm_s)
    return found


async def callbacks(stage: Stage) -> Found:
    """Many executions of one machine, each waiting for a callback, at a fresh replica."""
    others = stage.waiting(100)
    async with stage.asking(others[50:], others[:50]):
        found, _ = await first_snapshots(stage)
    return found


async def restart(stage: Stage) -> Found:
    """Everybody comes back at once to a fresh replica."""
    await first_snapshots(stage)
    others, audience = stage.waiting(200), stage.audience
    audience.lost = 0
    audience.forget_snapshots()
    print("watching", flush=True)
    await until(lambda: audience.lost >= stage.size, stage.limit_s)
    while not await _healthy(stage):  # noqa: ASYNC110 - nobody tells when it serves
        await asyncio.sleep(LOOK_S)
    began_at, before = time.time(), counts(stage.endpoint)
    stage.person.asked.clear()
    async with stage.asking(others[100:], others[:100], every_s=RESTART_ASKED_S):
        await audience.until(lambda seen: seen.snapshot_at is not None, stage.limit_s)
    return {**snapshots(stage, began_at), **_told(counts(stage.endpoint).since(before))}


async def _healthy(stage: Stage) -> bool:
    return await stage.person.health() == 200


async def strangers(stage: Stage) -> Found:
    """Subscriptions to made-up names, gone after a second; then one to a name that exists."""
    *real, last = stage.waiting(stage.size + 1)
    before = counts(stage.endpoint)
    await _intrusion(stage)
    gone_at, when_gone = time.time(), counts(stage.endpoint)
    prompt_after_s = await _until_prompt(stage, real, gone_at)
    stage.audience.watch(last, plan("waits"), gone_at)
    await stage.audience.until(lambda seen: seen.snapshot_at is not None, stage.limit_s)
    await asyncio.sleep(stage.calm_s)
    nobody = counts(stage.endpoint).since(when_gone)
    return {
        "stayed": _told(when_gone.since(before)),
        "prompt_after_s": prompt_after_s,
        **snapshots(stage, gone_at),
        "for_nobody": sum(nobody.refused.values()),
    }


async def _intrusion(stage: Stage) -> None:
    """Until all of them are gone again."""
    sockets = [
        LiveSocket(stage.audience.addresses[0], "/v1/ws", heard=_unheard, lost=_unheard)
        for _ in range(STRANGERS)
    ]
    for stranger, socket in enumerate(sockets):
        await socket.connect()
        for number in range(STRANGE_NAMES):
            named = {"id": f"s{number}", "execution": f"waits:no-{stranger}-{number}"}
            socket.say(json.dumps({"type": "subscribe", **named}).encode())
    await asyncio.sleep(STRANGERS_STAY_S)
    for socket in sockets:
        socket.close()


async def _until_prompt(stage: Stage, executions: Sequence[str], since: float) -> float:
    """How long until somebody who looks has an answer within PROMPT_S; the limit where never."""
    for execution in cycle(executions):
        asked_at = time.time()
        status = await stage.person.look(execution)
        if status == 200 and time.time() - asked_at <= PROMPT_S:
            return asked_at - since
        if time.time() - since > stage.limit_s:
            break
        await asyncio.sleep(LOOK_AGAIN_S)
    return stage.limit_s


async def long(stage: Stage) -> Found:
    """Histories as long as AWS keeps them, all looked at for the first time."""

    async def health(_: int) -> None:
        await stage.person.health()

    async with meanwhile(every(HEALTH_EVERY_S, health)):
        found, _ = await first_snapshots(stage)
    return {**found, "peak_mib": peak_bytes(stage.pids[0]) / 2**20}


def _asked(asked: Asked) -> Found:
    answered = len(asked.took_s) / asked.statuses.total()
    return {**spread(asked.took_s), "answered": answered, "statuses": asked.statuses}


def _told(seen: Counts) -> Found:
    return {"calls": seen.calls, "throttled": seen.throttled, "refused": seen.refused}


def _unheard(_: object) -> None:
    """Strangers don't listen."""


SCENES: dict[str, Callable[[Stage], Coroutine[Any, Any, Found]]] = {
    "live": live,
    "idle": idle,
    "callbacks": callbacks,
    "restart": restart,
    "strangers": strangers,
    "long": long,
}


async def played(given: argparse.Namespace) -> Found:
    async with session() as http:
        stage = Stage(
            endpoint=given.endpoint,
            pids=[int(pid) for _, pid in given.replica],
            size=given.size,
            plan=given.plan,
            limit_s=given.limit_s,
            calm_s=given.calm_s,
            push_s=given.push_s,
            audience=Audience([url for url, _ in given.replica]),
            person=Person(http, given.replica[0][0]),
        )
        before = counts(given.endpoint)
        found = await SCENES[given.scene](stage)
        stage.audience.leave()
        found = _told(counts(given.endpoint).since(before)) | found
        if stage.push_s is not None:
            found["reads"] = found["calls"].get("GetExecutionHistory", 0) / stage.size
        found["asked"] = {kind: _asked(asked) for kind, asked in stage.person.asked.items()}
        found |= {
            "lost": stage.audience.lost,
            "gaps": sum(seen.gaps for seen in stage.audience.seen),
            "errors": stage.audience.errors,
            "own_cpu_s": time.process_time(),
        }
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", choices=SCENES)
    parser.add_argument("endpoint")
    parser.add_argument("--replica", action="append", nargs=2, metavar=("URL", "PID"))
    parser.add_argument("--push-s", type=float, help="how late events are pushed")
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--plan", required=True)
    parser.add_argument("--limit-s", type=float, default=300)
    parser.add_argument("--calm-s", type=float, default=30)
    print(json.dumps(uvloop.run(played(parser.parse_args()))), flush=True)


if __name__ == "__main__":
    main()
