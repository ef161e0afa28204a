"""The live read budget under load: AWS's default quotas are enforced by the endpoint, the service
runs with its default settings, and the audience and the people who ask are a third process.

Each scene is a run of its own, with a fresh endpoint and a fresh service.
"""

import contextlib
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from typing import Any

from .children import Child, measured, python, running, selected_service, talking
from .figures import Options, Report
from .live_figures import figures, notes
from .scenes import SCENES, Scene

Found = Mapping[str, Any]
QUICKER = 6
"""So many times shorter are the scenes' times."""


async def run(name: str, options: Options) -> Report:
    """One scene."""
    scene = SCENES[name]
    size = scene.size if options.size is None else options.size
    load = _load(name, scene, size, options)
    async with running(python("quota_endpoint", f"--quotas={options.quotas}")) as endpoint:
        found = await (_restarted if name == "restart" else _played)(load, endpoint)
    title = f"{scene.title}, {size:,} executions, quotas: {options.quotas}"
    return Report(title, scene.what_ran, figures(found, scene.targets), notes(found))


def _load(name: str, scene: Scene, size: int, options: Options) -> list[str]:
    """What the load process is told, behind whom it talks to."""
    shorter = QUICKER if options.quick else 1
    return [
        f"--size={size}",
        f"--plan={scene.quick_plan if options.quick else scene.plan}",
        f"--limit-s={scene.limit_s / shorter}",
        f"--calm-s={scene.calm_s / shorter}",
        name,
    ]


async def _played(load: list[str], endpoint: Child) -> Found:
    async with _service(endpoint, port=0) as service:
        return await measured(python("live_load", *load, endpoint.url, service.url, service.pid))


async def _restarted(load: list[str], endpoint: Child) -> Found:
    """The service is killed once everybody watches, and another takes its place."""
    port = _free_port()
    async with contextlib.AsyncExitStack() as stack:
        async with _service(endpoint, port) as service:
            command = python("live_load", *load, endpoint.url, service.url, service.pid)
            line = await stack.enter_async_context(talking(command))
            await line()
            os.kill(service.pid, signal.SIGKILL)
        async with _service(endpoint, port):
            found: Found = json.loads(await line())
            return found


@contextlib.asynccontextmanager
async def _service(endpoint: Child, port: int) -> AsyncIterator[Child]:
    command, environment = selected_service("serve", f"--port={port}")
    aimed = {**environment, "AWS_ENDPOINT_URL": endpoint.url}
    async with running(command, aimed, quiet=True) as service:
        yield service


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
