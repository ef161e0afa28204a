"""The tutorial's entry point, kept at the path the tutorials give it."""

import structlog
from quart import Blueprint, Response, request
from quart_schema import (
    document_headers,
    document_request,
    document_response,
    tag_blueprint,
)

from service.core.errors import FieldError, InvalidRequest

from . import models
from .rendering import answer, read_json
from .services import services

log = structlog.get_logger(__name__)
trigger = Blueprint("trigger", __name__)
tag_blueprint(trigger, ["Executions"])

MESSAGE = "Workflow triggered!"


@trigger.post("/trigger-workflow")
@document_request(models.TriggerRequest)
@document_headers(models.StartHeaders)
@document_response(models.Triggered)
async def trigger_workflow() -> Response:
    """Start `orchestration-<stage>` with the body, any JSON object, as its input.

    `execution` is null where a Lambda function is asked to start it (HANDRAIL_TRIGGER=lambda).
    """
    input = await read_json()
    if not isinstance(input, dict):
        raise InvalidRequest("The input is a JSON object.", errors=[FieldError("", "No object")])
    served = services()
    id = await served.trigger.pull(input, key=request.headers.get("Idempotency-Key"))
    log.info("workflow triggered", execution=id and str(id))
    return answer({"message": MESSAGE, "execution": id and str(id)})
