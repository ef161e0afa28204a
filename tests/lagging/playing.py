"""Plays every scene over every pair of writer and reader at once, and compares what came of it
with what comes of it where nothing lags."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Literal

from tests.stubs.account import Lag
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.served import Served

from .callers import Caller, OverHttp, OverLambda, Pair, functions, processes
from .scenes import HERE, LIVE_SCENES, REST, LiveScene, Played, Scene, furnish


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a scene, how long it took, and how often it was asked again."""

    outcome: Any
    took_s: float
    retried: int


Kind = Literal["process", "lambda"]
Results = Mapping[tuple[str, str], Result]


async def played(lag: Lag, kind: Kind) -> Results:
    """The results by scene and by who wrote and read."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        stub = await enter(StepFunctionsStub())
        furnish(stub)
        plays: list[tuple[Played, Scene]] = []
        if kind == "process":
            here, there = await enter(processes(stub))
            await _warm(stub, here, there)
            plays += _process_plays(stub, here, there)
        else:
            for play in REST:  # an instance takes one request at a time
                pair = Pair(
                    "lambda → another",
                    *(Caller(OverLambda(each)) for each in await enter(functions(stub))),
                )
                for each in (pair.writes, pair.reads):
                    await each.get("/v1/state-machines")
                plays.append((play, Scene(stub, pair, "")))
        stub.account.lag = lag
        results = await asyncio.gather(
            *(_play(play, scene, number) for number, (play, scene) in enumerate(plays))
        )
        return dict(results)


def _process_plays(
    stub: StepFunctionsStub, here: Served, there: Served
) -> list[tuple[Played, Scene]]:
    def pair(name: str, reader: Served) -> Pair:
        return Pair(name, Caller(OverHttp(here)), Caller(OverHttp(reader)))

    plays: list[tuple[Played, Scene]] = []
    for name, reader in (("process → itself", here), ("process → another", there)):
        plays += [(play, Scene(stub, pair(name, reader), "")) for play in REST]
        plays += [(play, LiveScene(stub, pair(name, reader), "", reader)) for play in LIVE_SCENES]
    plays += [(play, Scene(stub, pair("process → itself", here), "")) for play in HERE]
    return plays


async def _warm(stub: StepFunctionsStub, *replicas: Served) -> None:
    for each in replicas:
        await Caller(OverHttp(each)).get("/v1/state-machines")


async def _play(play: Played, scene: Scene, number: int) -> tuple[tuple[str, str], Result]:
    given = (scene.stub, scene.pair, f"n-{number}")
    mine = LiveScene(*given, scene.there) if isinstance(scene, LiveScene) else Scene(*given)
    began_at = time.monotonic()
    try:
        outcome = await play(mine)
    except Exception as error:
        outcome = f"{type(error).__name__}: {error}"[:300]
    retried = scene.pair.writes.retried + scene.pair.reads.retried
    key = (play.__name__, scene.pair.name)
    return key, Result(outcome, time.monotonic() - began_at, retried)
