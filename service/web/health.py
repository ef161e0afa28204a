"""Liveness, readiness and metrics."""

from quart import Blueprint, Response, current_app
from quart_schema import document_response, hide, tag_blueprint

from . import models
from .rendering import answer
from .services import services
from .shedding import EXTENSION as SHEDDER
from .shedding import Shedder

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
    """Whether to send requests here: not while draining, nor with AWS out of reach.

    Operations that fail alone don't make it unready: no other replica would serve them either."""
    served = services()
    if served.sockets.leaving:
        return answer({"status": "draining"}, 503)
    reachable, failing = await served.reachable(), served.open_operations()
    shown = {"open_operations": list(failing)} if failing else {}
    if not reachable:
        return answer({"status": "unreachable", **shown}, 503)
    return answer({"status": "degraded" if failing else "ok", **shown})


@health.get("/metrics")
@hide
async def metrics() -> Response:
    """Prometheus text."""
    served = services()
    shedder: Shedder = current_app.extensions[SHEDDER]
    served.metrics.watchers.set(served.hub.watchers)
    served.metrics.live_promised.set(served.hub.promised_s)
    served.metrics.requests_active.set(shedder.active)
    served.metrics.requests_waiting.set(shedder.waiting)
    return Response(served.metrics.render(), content_type=served.metrics.content_type)
