"""What is done, and read right after it. Each scene answers what came of it, in words that are the
same whatever the lag: a status, never a time."""

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.stubs.account import Lag
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.served import Served
from tests.web.signed_webhooks import signed
from tests.web.stories import (
    TOKEN,
    WITH_APPROVAL,
    entered,
    failed,
    ran,
    running,
    succeeded,
    waiting,
)

from .callers import GIVES_UP_S, Caller, Pair, Told, messages, streamed

SOON_AFTER = {200, 202}
"""Two starts within some hundredths of a second may both be called the first."""

SHOWN = ("subscribed", "update", "complete", "error")


@dataclass(frozen=True, slots=True)
class Scene:
    """One execution, `name`, that nobody else uses."""

    stub: StepFunctionsStub
    pair: Pair
    name: str

    @property
    def path(self) -> str:
        return f"/v1/executions/order:{self.name}"

    @property
    def arn(self) -> str:
        (arn,) = (arn for arn in self.stub.account.runs if arn.endswith(f":{self.name}"))
        return arn

    @property
    def token(self) -> str:
        return TOKEN.replace("example", f"{self.name.replace('-', '')}x")

    async def start(self, **body: Any) -> Told:
        path = "/v1/state-machines/order/executions"
        return await self.pair.writes.post(path, {"name": self.name, **body})

    def failed(self) -> None:
        """Long ago."""
        with shown(self.stub):
            self.stub.append(running(self.stub, self.name), entered("Charge"), failed())

    def running(self) -> None:
        with shown(self.stub):
            self.stub.append(running(self.stub, self.name), entered("Charge"))

    def waits(self) -> None:
        with shown(self.stub):
            arn = running(self.stub, self.name, machine="approval")
            self.stub.append(arn, *waiting(token=self.token))
            self.stub.add_task_token(self.token, arn, 3)

    @property
    def waiting_path(self) -> str:
        return f"/v1/executions/approval:{self.name}"


@contextmanager
def shown(stub: StepFunctionsStub) -> Iterator[None]:
    """What is written here is read at once."""
    before, stub.account.lag = stub.account.lag, Lag()
    try:
        yield
    finally:
        stub.account.lag = before


def summary(told: Told, *members: str) -> Any:
    return [told.status, *(told.body.get(name) for name in members or ("status",))]


async def started_then_shown(scene: Scene) -> Any:
    cursor = (await scene.start()).body["cursor"]
    return summary(await scene.pair.reads.get(scene.path, after=cursor), "status")


async def started_then_its_tasks(scene: Scene) -> Any:
    cursor = (await scene.start()).body["cursor"]
    return summary(await scene.pair.reads.get(f"{scene.path}/tasks", after=cursor), "tasks")


async def polled(scene: Scene, cursor: str) -> list[str]:
    """The types of the events after the cursor, to the end."""
    seen: list[str] = []
    while True:
        told = await scene.pair.reads.get(f"{scene.path}/events", after=cursor, wait=20)
        assert told.status == 200, told.body
        seen += [event["type"] for event in told.body["events"]]
        cursor = told.body["cursor"]
        if told.body["complete"]:
            return seen


async def started_then_polled(scene: Scene) -> Any:
    cursor = (await scene.start()).body["cursor"]
    scene.stub.append(scene.arn, entered("Charge"))
    scene.stub.append(scene.arn, succeeded())
    return await polled(scene, cursor)


async def started_then_stopped(scene: Scene) -> Any:
    cursor = (await scene.start()).body["cursor"]
    told = await scene.pair.reads.post(f"{scene.path}/stop", {"error": "Enough"}, after=cursor)
    again = await scene.pair.writes.get(scene.path, after=told.body["cursor"])
    return [summary(told, "status", "error"), summary(again, "status", "error")]


async def started_again_elsewhere(scene: Scene) -> Any:
    key = {"Idempotency-Key": scene.name}
    path, body = "/v1/state-machines/order/executions", {"input": {"a": 1}}
    first = await scene.pair.writes.post(path, body, headers=key)
    again = await scene.pair.reads.post(path, body, headers=key)
    other = await scene.pair.reads.post(path, {"input": 2}, headers=key)
    (arn,) = (a for a in scene.stub.account.runs if first.body["name"] in a)
    scene.stub.append(arn, succeeded())
    closed = await scene.pair.reads.post(path, body, headers=key)
    unlike = await scene.pair.reads.post(path, {"input": 2}, headers=key)
    return [
        [first.status, again.status in SOON_AFTER, other.status, closed.status, unlike.status],
        [again.body["execution"], closed.body["execution"]] == [first.body["execution"]] * 2,
        closed.body.get("replayed"),
    ]


async def started_and_waited_for(scene: Scene) -> Any:
    key = {"Idempotency-Key": scene.name}
    path = "/v1/state-machines/quick/executions?wait=20"
    first = await scene.pair.writes.post(path, {}, headers=key)
    again = await scene.pair.reads.post(path, {}, headers=key)
    return [summary(first), summary(again, "status", "replayed")]


async def triggered_then_shown(scene: Scene) -> Any:
    told = await scene.pair.writes.post(
        "/trigger-workflow", {"a": 1}, headers={"Idempotency-Key": scene.name}
    )
    path = f"/v1/executions/{told.body['execution']}"
    shown = await scene.pair.reads.get(path, after=told.body.get("cursor"))
    return summary(shown, "status", "input")


async def redriven_then_shown(scene: Scene) -> Any:
    scene.failed()
    told = await scene.pair.writes.post(f"{scene.path}/redrive")
    after = told.body["cursor"]
    shown = await scene.pair.reads.get(scene.path, after=after)
    tasks = await scene.pair.reads.get(f"{scene.path}/tasks", after=after)
    members = ("status", "redrive_count", "error")
    return [summary(told, *members), summary(shown, *members), summary(tasks, "tasks")]


async def redriven_then_polled(scene: Scene) -> Any:
    scene.failed()
    cursor = (await scene.pair.writes.post(f"{scene.path}/redrive")).body["cursor"]
    scene.stub.append(scene.arn, *ran("Charge"), succeeded())
    return await polled(scene, cursor)


async def redriven_then_stopped(scene: Scene) -> Any:
    scene.failed()
    cursor = (await scene.pair.writes.post(f"{scene.path}/redrive")).body["cursor"]
    told = await scene.pair.reads.post(f"{scene.path}/stop", {"error": "Enough"}, after=cursor)
    shown = await scene.pair.writes.get(scene.path, after=told.body["cursor"])
    return [summary(told, "status", "error"), summary(shown, "status", "error", "redrive_count")]


async def redriven_twice(scene: Scene) -> Any:
    scene.failed()
    first = (await scene.pair.writes.post(f"{scene.path}/redrive")).body["cursor"]
    scene.stub.append(scene.arn, failed())
    told = await scene.pair.reads.post(f"{scene.path}/redrive", after=first)
    shown = await scene.pair.writes.get(scene.path, after=told.body["cursor"])
    count = told.body["redrive_count"]
    return [told.status, told.body["status"], count in {None, 2}, shown.body["redrive_count"]]


async def stopped_then_shown(scene: Scene) -> Any:
    scene.running()
    told = await scene.pair.writes.post(f"{scene.path}/stop", {"error": "Enough"})
    shown = await scene.pair.reads.get(scene.path, after=told.body["cursor"])
    again = await scene.pair.reads.post(f"{scene.path}/stop", after=told.body["cursor"])
    return [summary(each, "status", "error") for each in (told, shown, again)]


async def settled_then_settled_again(scene: Scene) -> Any:
    scene.waits()
    path = f"{scene.waiting_path}/tasks/3"
    first = await scene.pair.writes.post(f"{path}/success", {"output": 1})
    again = await scene.pair.reads.post(f"{path}/success", {"output": 1})
    other = await scene.pair.reads.post(f"{path}/failure", {"error": "No"})
    beat = await scene.pair.reads.post(f"{path}/heartbeat")
    return [
        summary(first, "replayed"),
        summary(again, "replayed"),
        summary(other, "code"),
        summary(beat, "code"),
    ]


async def settled_then_its_tasks(scene: Scene) -> Any:
    scene.waits()
    told = await scene.pair.writes.post(f"{scene.waiting_path}/tasks/3/success", {"output": 1})
    after = told.body.get("cursor")
    tasks = await scene.pair.reads.get(f"{scene.waiting_path}/tasks", after=after)
    shown = await scene.pair.reads.get(scene.waiting_path, after=after)
    return [summary(tasks, "tasks"), summary(shown, "status", "tasks")]


async def settled_by_link(scene: Scene) -> Any:
    scene.waits()
    made = await scene.pair.writes.post(f"{scene.waiting_path}/tasks/3/links", {})
    path = "/v1/callbacks/" + str(made.body["url"]).rpartition("/")[2]
    first = await scene.pair.writes.post(path, {"output": {"ok": True}})
    seen = await scene.pair.writes.get(path)
    again = await scene.pair.reads.post(path, {"output": {"ok": True}})
    other = await scene.pair.reads.post(path, {"error": "No"})
    return [
        summary(first, "outcome", "replayed"),
        [seen.status, seen.body.get("waiting")],
        summary(again, "outcome", "replayed"),
        summary(other, "code"),
    ]


async def settled_by_webhook(scene: Scene) -> Any:
    scene.waits()
    body = {"output": {"ok": True}}
    path = f"/v1/webhooks/approval:{scene.name}/3"
    headers = signed(json.dumps(body).encode(), id=f"msg_{scene.name}")
    first = await scene.pair.writes.post(path, body, headers=headers)
    again = await scene.pair.reads.post(path, body, headers=headers)
    return [summary(first, "replayed"), summary(again, "replayed")]


async def settled_by_token(scene: Scene) -> Any:
    scene.waits()
    body = {"token": scene.token, "output": {"ok": True}}
    first = await scene.pair.writes.post("/v1/task-tokens/success", body)
    by_event = await scene.pair.reads.post(
        f"{scene.waiting_path}/tasks/3/success", {"output": {"ok": True}}
    )
    again = await scene.pair.reads.post("/v1/task-tokens/success", body)
    return [first.status, summary(by_event, "replayed"), again.status]


async def deployed_then_started(scene: Scene) -> Any:
    """Nobody has a cursor of a state machine: past three seconds its name is told to be missing,
    and who has just deployed it tries again."""
    scene.stub.add_machine(f"new-{scene.name}")
    path = f"/v1/state-machines/new-{scene.name}"
    start = partial(scene.pair.writes.post, f"{path}/executions", {"name": scene.name})
    while (first := await start()).status == 404:
        continue
    while (shown := await scene.pair.reads.get(path)).status == 404:
        continue
    return [summary(first), summary(shown, "type")]


async def missing(scene: Scene) -> Any:
    """Nobody has a cursor of it, so it isn't there."""
    told = await scene.pair.reads.get("/v1/executions/order:never-was")
    return summary(told, "code")


REST = (
    started_then_shown,
    started_then_its_tasks,
    started_then_polled,
    started_then_stopped,
    started_again_elsewhere,
    started_and_waited_for,
    triggered_then_shown,
    redriven_then_shown,
    redriven_then_polled,
    redriven_then_stopped,
    redriven_twice,
    stopped_then_shown,
    settled_then_settled_again,
    settled_then_its_tasks,
    settled_by_link,
    settled_by_webhook,
    settled_by_token,
    deployed_then_started,
    missing,
)


# At the process that wrote, which knows what it did without a cursor


async def started_then_shown_without_a_cursor(scene: Scene) -> Any:
    await scene.start()
    return summary(await scene.pair.writes.get(scene.path), "status")


async def started_then_listed(scene: Scene) -> Any:
    """A list made by the process that started, stopped and redrove what it shows."""
    writes = scene.pair.writes
    await scene.start()
    begun = await _listed(writes, scene.name)
    await writes.post(f"{scene.path}/stop")
    stopped = await _listed(writes, scene.name)
    await writes.post(f"{scene.path}/redrive")
    return [begun, stopped, await _listed(writes, scene.name)]


async def _listed(caller: Caller, name: str) -> list[str]:
    told = await caller.get("/v1/executions", state_machine="order", limit=1000)
    return [each["status"] for each in told.body["executions"] if each["name"] == name]


async def redriven_then_shown_without_a_cursor(scene: Scene) -> Any:
    scene.failed()
    await scene.pair.writes.post(f"{scene.path}/redrive")
    return summary(await scene.pair.writes.get(scene.path), "status", "redrive_count")


async def settled_then_its_tasks_without_a_cursor(scene: Scene) -> Any:
    scene.waits()
    await scene.pair.writes.post(f"{scene.waiting_path}/tasks/3/success", {"output": 1})
    tasks = await scene.pair.writes.get(f"{scene.waiting_path}/tasks")
    shown = await scene.pair.writes.get(scene.waiting_path)
    return [summary(tasks, "tasks"), summary(shown, "tasks")]


async def settled_by_token_then_its_tasks(scene: Scene) -> Any:
    scene.waits()
    body = {"token": scene.token, "output": {"ok": True}}
    await scene.pair.writes.post("/v1/task-tokens/success", body)
    return summary(await scene.pair.writes.get(f"{scene.waiting_path}/tasks"), "tasks")


async def redriven_then_stopped_without_a_cursor(scene: Scene) -> Any:
    scene.failed()
    await scene.pair.writes.post(f"{scene.path}/redrive")
    told = await scene.pair.writes.post(f"{scene.path}/stop", {"error": "Enough"})
    return summary(told, "status", "error", "redrive_count")


HERE = (
    started_then_shown_without_a_cursor,
    started_then_listed,
    redriven_then_shown_without_a_cursor,
    settled_then_its_tasks_without_a_cursor,
    settled_by_token_then_its_tasks,
    redriven_then_stopped_without_a_cursor,
)


# Streams, which processes alone have


@dataclass(frozen=True, slots=True)
class LiveScene(Scene):
    there: Served


def told_live(heard: list[dict[str, Any]]) -> Any:
    """The statuses a client is shown one after another, and how it ends."""
    shown: list[Any] = []
    for message in heard:
        found = message.get("snapshot") or message.get("execution") or message
        if (status := found.get("status")) is not None:
            shown.append(status)
        if message["type"] == "error":
            assert message["retryable"], message
        if message["type"] == "closed":
            shown.append(message["code"])
    return [each for each, before in zip(shown, [None, *shown], strict=False) if each != before]


async def started_then_on_its_socket(scene: LiveScene) -> Any:
    cursor = (await scene.start()).body["cursor"]
    scene.stub.append(scene.arn, *ran("Charge"), succeeded())
    return told_live(await messages(scene.there, scene.path, after=cursor))[-2:]


async def started_then_streamed(scene: LiveScene) -> Any:
    cursor = (await scene.start()).body["cursor"]
    scene.stub.append(scene.arn, *ran("Charge"), succeeded())
    return told_live(await streamed(scene.there.http, scene.path, after=cursor))[-1:]


async def started_then_subscribed_to(scene: LiveScene) -> Any:
    """By an ARN too."""
    cursor, kinds = (await scene.start()).body["cursor"], []
    scene.stub.append(scene.arn, *ran("Charge"), succeeded())
    for execution in (f"order:{scene.name}", scene.arn):
        kinds.append(await _subscribed(scene, execution, cursor))
    return kinds


async def _subscribed(scene: LiveScene, execution: str, cursor: str) -> Any:
    async with scene.there.ready() as socket:
        heard: list[dict[str, Any]] = []
        await socket.say("subscribe", id="s0", execution=execution, after=cursor)
        while not heard or heard[-1]["type"] != "complete":
            heard.append(await socket.hear(*SHOWN, within_s=GIVES_UP_S))
        return told_live(heard)[-1:]


async def redriven_then_on_its_socket(scene: LiveScene) -> Any:
    scene.failed()
    cursor = (await scene.pair.writes.post(f"{scene.path}/redrive")).body["cursor"]
    scene.stub.append(scene.arn, *ran("Charge"), succeeded())
    shown = told_live(await messages(scene.there, scene.path, after=cursor))
    return ["FAILED" in shown, shown[-2:]]


async def redriven_then_streamed(scene: LiveScene) -> Any:
    scene.failed()
    cursor = (await scene.pair.writes.post(f"{scene.path}/redrive")).body["cursor"]
    scene.stub.append(scene.arn, *ran("Charge"), succeeded())
    shown = told_live(await streamed(scene.there.http, scene.path, after=cursor))
    return ["FAILED" in shown, shown[-1:]]


async def redriven_under_a_subscription(scene: LiveScene) -> Any:
    """Who was told of the end sees it run again."""
    scene.failed()
    async with scene.there.ready() as socket:
        await socket.say("subscribe", id="s1", execution=f"order:{scene.name}")
        await socket.hear("complete")
        await scene.pair.writes.post(f"{scene.path}/redrive")
        scene.stub.append(scene.arn, *ran("Charge"), succeeded())
        heard = await socket.hear_until(_complete, within_s=GIVES_UP_S)
        return told_live(heard)[-1:]


def _complete(message: dict[str, Any]) -> bool:
    return bool(message["type"] == "complete")


async def stopped_then_on_its_socket(scene: LiveScene) -> Any:
    scene.running()
    cursor = (await scene.pair.writes.post(f"{scene.path}/stop")).body["cursor"]
    return told_live(await messages(scene.there, scene.path, after=cursor))


LIVE_SCENES = (
    started_then_on_its_socket,
    started_then_streamed,
    started_then_subscribed_to,
    redriven_then_on_its_socket,
    redriven_then_streamed,
    redriven_under_a_subscription,
    stopped_then_on_its_socket,
)

Played = Callable[..., Awaitable[Any]]


def furnish(stub: StepFunctionsStub) -> None:
    """The account as everybody sees it before."""
    with shown(stub):
        stub.add_machine("order")
        stub.add_machine("approval", definition=WITH_APPROVAL)
        stub.add_machine("quick")
        stub.add_machine("orchestration-dev")
        stub.answer("StartExecution", lambda body: start_execution(stub, body))


def start_execution(stub: StepFunctionsStub, body: Any) -> Any:
    """One of `quick` ends at once."""
    answer = stub.account.start_execution(body)
    run = stub.execution(answer["executionArn"])
    if run.machine.name == "quick" and run.status == "RUNNING":
        stub.append(run.arn, succeeded())
    return answer
