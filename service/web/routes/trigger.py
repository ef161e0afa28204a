"""The tutorial's entry point, kept at the path the tutorials give it."""

from typing import Annotated

import structlog
from pydantic import Field
from quart import Blueprint, Response, request
from quart_schema import document_headers, document_request, document_response, tag_blueprint

from service.core.errors import FieldError, InvalidRequest
from service.core.typed_dict import TypedDict
from service.web.docs import requests
from service.web.rendering import answer, read_json
from service.web.services import services

log = structlog.get_logger(__name__)
trigger = Blueprint("trigger", __name__)
tag_blueprint(trigger, ["Executions"])


class TriggeredDocument(TypedDict):
    message: str
    execution: Annotated[str | None, Field(description="Null where a Lambda function starts it.")]


@trigger.post("/trigger-workflow")
@document_request(requests.TriggerRequest)
@document_headers(requests.StartHeaders)
@document_response(TriggeredDocument)
async def trigger_workflow() -> Response:
    """Start `orchestration-<stage>` with the body, any JSON object, as its input.

    `execution` is null where a Lambda function is asked to start it (HANDRAIL_TRIGGER=lambda).
    """
    input = await read_json()
    if not isinstance(input, dict):
        raise InvalidRequest("The input is a JSON object.", errors=[FieldError("", "No object")])
    id = await services().trigger.pull(input, key=request.headers.get("Idempotency-Key"))
    execution = str(id) if id else None
    log.info("workflow triggered", execution=execution)
    return answer(TriggeredDocument(message="Workflow triggered!", execution=execution))
