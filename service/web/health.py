"""Liveness, readiness and metrics."""

from quart import Blueprint, Response
from quart_schema import document_response, hide, tag_blueprint

from . import models
from .rendering import answer
from .services import services

health = Blueprint("health", __name__)
tag_blueprint(health, ["Operations"])


@health.get("/healthz")
@document_response(models.Health)
async def healthz() -> Response:
    """Whether the process lives."""
    return answer({"status": "ok"})


@health.get("/readyz")
@document_response(models.Health)
@document_response(models.Health, 503)
async def readyz() -> Response:
    """Whether to send requests here: not while draining, nor with AWS out of reach."""
    served = services()
    if served.sockets.draining:
        return answer({"status": "draining"}, 503)
    if not await served.reachable():
        return answer({"status": "unreachable"}, 503)
    return answer({"status": "ok"})


@health.get("/metrics")
@hide
async def metrics() -> Response:
    """Prometheus text."""
    served = services()
    served.metrics.watchers.set(served.hub.watchers)
    return Response(served.metrics.render(), content_type=served.metrics.content_type)
