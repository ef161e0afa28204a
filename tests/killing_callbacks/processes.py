"""`handrail serve` in front of the embedded engine, which is in this process, is killed by SIGKILL
while it takes callbacks off the queue, and started anew."""

import asyncio
import json
import signal
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from handrail.entrypoints.compose_http import open_services
from tests.e2e.processes import Process
from tests.engine.engine_fixture import Calls
from tests.entrypoints.callback_scene import CallbackScene, code_of

ANSWERS: list[dict[str, Any]] = [
    {"outcome": "success", "output": {"n": 1.5}},
    {"outcome": "success", "output": None},
    {"outcome": "failure", "error": "No", "cause": "Too dear."},
]
ENDS = {"TaskSucceeded", "TaskFailed"}
WITHIN_S = 60.0
LOOK_S = 0.01
SHOWN_AGAIN, SHOWN_EVERY_S = 6, 0.25
"""moto goes on with the poll of a process that is dead, and gives it messages that nobody takes."""


@dataclass
class Callbacks:
    """What was sent about each task, by the number of the task."""

    scene: CallbackScene
    tasks: list[dict[str, Any]]
    bodies: dict[int, list[str]] = field(default_factory=dict)
    broken: int = 0

    @property
    def sent(self) -> int:
        return self.broken + sum(map(len, self.bodies.values()))


async def sent(scene: CallbackScene, random: Random, *, tasks: int) -> Callbacks:
    """Each task is answered once, again and otherwise, in any order; some messages are broken."""
    made = Callbacks(scene, list(await asyncio.gather(*(scene.wait() for _ in range(tasks)))))
    wanted: list[tuple[int, str]] = []
    for number, task in enumerate(made.tasks):
        place = {name: task[name] for name in ("execution", "event_id")}
        for _ in range(random.randint(1, 3)):
            wanted.append((number, json.dumps({**place, **random.choice(ANSWERS)})))
    random.shuffle(wanted)
    for number, body in wanted:
        await scene.send(body, group=_group(scene, number))
        made.bodies.setdefault(number, []).append(body)
        if random.random() < 0.2:
            await scene.send("no JSON", group=_group(scene, number))
            made.broken += 1
    return made


def _group(scene: CallbackScene, number: int) -> str | None:
    return f"group {number % 4}" if scene.url.endswith(".fifo") else None


async def killed(
    calls: Calls, seed: int, *, tasks: int, kills: int, here: bool = False
) -> list[str]:
    """What went wrong with so many killings. The last process is this one where it is `here`."""
    random = Random(seed)  # noqa: S311 it only shuffles
    scene = await CallbackScene.made(calls, random.choice(["", ".fifo"]))
    made = await sent(scene, random, tasks=tasks)
    endpoint = calls.engine.endpoint_url
    options = {"HANDRAIL_CALLBACKS_QUEUE": scene.url, "AWS_ENDPOINT_URL": endpoint}
    for _ in range(kills):
        process = Process(["serve", "--port", "0"], dict(options))
        await asyncio.to_thread(process.__enter__)
        await _gone(scene, random.randint(1, max(1, made.sent // (kills + 1))))
        process.child.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.__exit__, None, None, None)
        for _ in range(SHOWN_AGAIN):
            _show_all(scene)
            await asyncio.sleep(SHOWN_EVERY_S)
    if here:
        async with open_services(scene.settings(), scene.config):
            await _gone(scene, made.sent)
        return await _faults(made)
    with Process(["serve", "--port", "0"], dict(options)) as process:
        await _gone(scene, made.sent)
        status = await asyncio.to_thread(process.end, signal.SIGTERM)
    return [*await _faults(made), *([f"it ended with {status}"] if status else [])]


async def _gone(scene: CallbackScene, many: int) -> None:
    """Until so many messages fewer are in the queue, or none is left."""
    before = sum(await scene.counts())
    async with asyncio.timeout(WITHIN_S):
        while (left := sum(await scene.counts())) and left > before - many:  # noqa: ASYNC110 only asked
            await asyncio.sleep(LOOK_S)


def _show_all(scene: CallbackScene) -> None:
    """Whoever held the messages is dead: half a minute passes."""
    from moto.sqs.models import sqs_backends  # noqa: PLC0415 imports moto: seconds

    engine = scene.calls.engine
    queue = sqs_backends[engine.account_id][engine.region].queues[scene.url.rpartition("/")[2]]
    for message in list(queue._messages):
        if not message.visible:
            message.change_visibility(0)


async def _faults(made: Callbacks) -> list[str]:
    scene, found = made.scene, list[str]()
    if any(await scene.counts()):
        found.append("a message is left in the queue")
    buried = await scene.dead_lettered()
    letters = {(each["Body"], code_of(each)) for each in buried}
    if made.broken and ("no JSON", "invalid_request") not in letters:
        found.append("a broken message is nowhere")
    for number, bodies in made.bodies.items():
        history = await scene.calls.history(made.tasks[number]["arn"])
        ends = [event for event in history if event["type"] in ENDS]
        if len(ends) != 1:
            found.append(f"task {number} was settled {len(ends)} times")
            continue
        stands = _said(ends[0])
        found += _of_task(number, stands, bodies, letters)
    return found


def _of_task(
    number: int, stands: Any, bodies: Iterable[str], letters: set[tuple[str, str]]
) -> list[str]:
    found, asked = list[str](), {body: _asked(body) for body in bodies}
    if stands not in asked.values():
        found.append(f"task {number} was settled as nobody asked")
    for body, answer in asked.items():
        if ((body, "task_already_settled") in letters) is (answer == stands):
            found.append(f"task {number}: {answer} in dead letters: {answer == stands}")
        if any(text == body and code != "task_already_settled" for text, code in letters):
            found.append(f"task {number}: dead-lettered for another reason")
    return found


def _asked(body: str) -> Any:
    said = json.loads(body)
    if said["outcome"] == "success":
        return "success", said["output"]
    return "failure", said["error"], said["cause"]


def _said(event: dict[str, Any]) -> Any:
    if event["type"] == "TaskSucceeded":
        return "success", json.loads(event["taskSucceededEventDetails"]["output"])
    told = event["taskFailedEventDetails"]
    return "failure", told["error"], told["cause"]
