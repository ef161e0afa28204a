"""Liveness, readiness and metrics."""

import asyncio
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
    """`degraded` is ready all the same: some operations of AWS fail and others are answered, the
    bus is away, or nothing is pushed and histories are read."""

    status: Literal["ok", "degraded", "draining", "unreachable"]
    bus: Annotated[
        NotRequired[Literal["ok", "degraded"]],
        Field(description="Whether the bus between replicas answers, where there is one."),
    ]
    open_operations: Annotated[
        NotRequired[list[str]],
        Field(description="Operations of AWS that fail and aren't asked for the moment."),
    ]
    push: Annotated[
        NotRequired[Literal["ok", "degraded"]],
        Field(description="Whether executions' events arrive by the stream, where there is one."),
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
    bus_up, arriving = served.bus_up(), served.pushes_arrive()
    degraded = bool(failing) or bus_up is False or arriving is False
    shown: HealthDocument = {
        "status": "unreachable" if not reachable else "degraded" if degraded else "ok"
    }
    if bus_up is not None:
        shown["bus"] = "ok" if bus_up else "degraded"
    if failing:
        shown["open_operations"] = list(failing)
    if arriving is not None:
        shown["push"] = "ok" if arriving else "degraded"
    return answer(shown, 200 if reachable else 503)


@health.get("/metrics")
@hide
async def show_metrics() -> Response:
    """Prometheus text."""
    metrics = services().metrics
    metrics.refresh()
    text = await asyncio.to_thread(metrics.render)
    return Response(text, content_type=metrics.content_type)
