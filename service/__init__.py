"""Handrail: the live front door of AWS Step Functions."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, cast

__version__ = "0.1.0"

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


def asgi() -> AsgiApp:
    """Builds the service for an ASGI server, by the environment's settings: `uvicorn --factory
    handrail:asgi`, `hypercorn "handrail:asgi()"`. Raises SettingsError. See docs/embedding.md."""
    return cast(AsgiApp, import_module("handrail.entrypoints.asgi").asgi())


if __name__ == "service":  # found by the folder's name
    import_module("handrail.old_name").take_over()
