"""The live read budget under load: AWS's default quotas are enforced by the endpoint, the service
runs with its default settings, and the audience and the people who ask are a third process.

Each scene is a run of its own, with a fresh endpoint and fresh replicas, and a fresh bus.
"""

import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from typing import Any

from .bus import BusProcess, free_port
from .children import Child, measured, python, running, selected_service, talking
from .figures import Options, Report
from .live_figures import figures, notes
from .processes.delivery import Delivery
from .processes.event_stream import STREAM
from .scenes import SCENES, Scene

Found = Mapping[str, Any]
Environment = Mapping[str, str]
QUICKER = 6
"""So many times shorter are the scenes' times."""


async def run(name: str, options: Options) -> Report:
    """One scene."""
    scene = SCENES[name]
    size = scene.size if options.size is None else options.size
    push = [f"--push={options.push}"] if options.push else []
    async with contextlib.AsyncExitStack() as stack:
        command = python("quota_endpoint", f"--quotas={options.quotas}", *push)
        endpoint = await stack.enter_async_context(running(command))
        told = {"AWS_ENDPOINT_URL": endpoint.url}
        if options.push:
            told["HANDRAIL_EVENTS_STREAM"] = STREAM
        if options.bus:
            bus = await stack.enter_async_context(BusProcess.running())
            told["HANDRAIL_BUS_URL"] = bus.url
        load = [*_load(name, scene, size, options), endpoint.url]
        if name == "restart":
            found = await _restarted(load, told)
        else:
            found = await _played(load, told, options.replicas)
    targets = {**scene.targets, **(scene.bus_targets if options.bus else {})}
    return Report(
        _title(scene, size, options), scene.what_ran, figures(found, targets), notes(found)
    )


def _title(scene: Scene, size: int, options: Options) -> str:
    more = [f"{options.replicas} replicas"] if options.replicas > 1 else []
    more += [f"events pushed: {options.push}"] if options.push else []
    more += ["a bus"] if options.bus else []
    return ", ".join([scene.title, f"{size:,} executions", f"quotas: {options.quotas}", *more])


def _load(name: str, scene: Scene, size: int, options: Options) -> list[str]:
    """What the load process is told, behind whom it talks to."""
    shorter = QUICKER if options.quick else 1
    push = [f"--push-s={Delivery.parse(options.push).delay_s}"] if options.push else []
    return [
        f"--size={size}",
        f"--plan={scene.quick_plan if options.quick else scene.plan}",
        f"--limit-s={scene.limit_s / shorter}",
        f"--calm-s={scene.calm_s / shorter}",
        *push,
        name,
    ]


async def _played(load: list[str], told: Environment, replicas: int) -> Found:
    async with contextlib.AsyncExitStack() as stack:
        fleet = [await stack.enter_async_context(_service(told)) for _ in range(replicas)]
        return await measured(python("live_load", *load, *_named(*fleet)))


async def _restarted(load: list[str], told: Environment) -> Found:
    """The service is killed once everybody watches, and another takes its place."""
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        async with _service(told, port) as service:
            command = python("live_load", *load, *_named(service))
            line = await stack.enter_async_context(talking(command))
            await line()
            os.kill(service.pid, signal.SIGKILL)
        async with _service(told, port):
            found: Found = json.loads(await line())
            return found


def _named(*fleet: Child) -> list[str]:
    return [word for each in fleet for word in ("--replica", each.url, str(each.pid))]


@contextlib.asynccontextmanager
async def _service(told: Environment, port: int = 0) -> AsyncIterator[Child]:
    command, environment = selected_service("serve", f"--port={port}")
    async with running(command, {**environment, **told}, quiet=True) as service:
        yield service
