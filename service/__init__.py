"""Handrail: the live front door of AWS Step Functions."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.entrypoints.asgi import Application

__version__ = "0.1.0"


def asgi() -> "Application":
    """Builds the service for an ASGI server, by the environment's settings: `uvicorn --factory
    service:asgi`, `hypercorn "service:asgi()"`. Raises SettingsError. See docs/embedding.md."""
    from service.entrypoints.asgi import asgi  # noqa: PLC0415 the package itself imports nothing

    return asgi()
