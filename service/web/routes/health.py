"""Liveness, readiness and metrics."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import document_response, hide, tag_blueprint

from handrail.core.typed_dict import TypedDict
from handrail.web.rendering import answer
from handrail.web.services import services

health = Blueprint("health", __name__)
tag_blueprint(health, ["Operations"])


class HealthDocument(TypedDict):
    """`degraded` is ready all the same: some operations of AWS fail, others are answered."""

    status: Literal["ok", "degraded", "draining", "unreachable"]
    open_operations: Annotated[
        NotRequired[list[str]],
        Field(description="Operations of AWS that fail and aren't asked for the moment."),
    ]


@health.get("/healthz")
@document_response(HealthDocument)
async def healthz() -> Response:
    """Whether the process lives."""
    return answer(HealthDocument(status="ok"))


@health.get("/readyz")
@document_response(HealthDocument)
@document_response(HealthDocument, 503)
async def readyz() -> Response:
    """Whether to send requests here: not while draining, nor with AWS out of reach.

    Operations that fail alone don't make it unready: no other replica would serve them either."""
    served = services()
    if served.sockets.leaving:
        return answer(HealthDocument(status="draining"), 503)
    reachable, failing = await served.reachable(), served.open_operations()
    shown: HealthDocument = {
        "status": "unreachable" if not reachable else "degraded" if failing else "ok"
    }
    if failing:
        shown["open_operations"] = list(failing)
    return answer(shown, 200 if reachable else 503)


@health.get("/metrics")
@hide
async def metrics() -> Response:
    """Prometheus text."""
    served = services()
    served.metrics.watchers.set(served.hub.watchers)
    served.metrics.live_promised.set(served.hub.promised_s)
    served.metrics.requests_active.set(served.shedder.active)
    served.metrics.requests_waiting.set(served.shedder.waiting)
    return Response(served.metrics.render(), content_type=served.metrics.content_type)
