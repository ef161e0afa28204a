"""The deployed handler in an instance that also tells what it holds, when it is asked `probe`."""

import asyncio
import gc
import os
import threading
from pathlib import Path
from typing import Any

from aiobotocore.client import AioClientCreator

from handrail.lambda_handler import handler

PROBE = {"probe": True}


_create: Any = AioClientCreator.create_client
made: list[str] = []
"""The services that clients were made for."""


async def counted(creator: Any, *, service_name: str, **options: Any) -> Any:
    made.append(service_name)
    return await _create(creator, service_name=service_name, **options)


class Probed:
    def __init__(self) -> None:
        setattr(AioClientCreator, "create_client", counted)  # noqa: B010 mypy knows its type

    def __call__(self, event: Any, context: Any) -> Any:
        return held() if event == PROBE else handler(event, context)


def held() -> dict[str, int]:
    gc.collect()
    return {
        "tasks": len(asyncio.all_tasks(asyncio.get_event_loop())),
        "files": len(list(Path("/dev/fd").iterdir())),
        "threads": threading.active_count(),
        "clients": len(made),
        "objects": len(gc.get_objects()),
        "pid": os.getpid(),
    }
