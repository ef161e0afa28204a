"""What callbacks and webhooks share: reading which outcome is meant, and saying that it stands."""

import structlog
from quart import Response

from service.core.errors import FieldError, InvalidRequest
from service.core.settling import TaskAnswer
from service.usecases.tasks import Settled, failure, success

from . import models
from .rendering import answer
from .tasks import settled_document

WHICH = (
    "Say which: an output (null is one too) for a success, or an error, a cause or the action"
    " failure for a failure. Nothing was settled."
)
MISSING = "is missing"

log = structlog.get_logger(__name__)


def meant(body: models.CallbackRequest, action: str | None = None) -> TaskAnswer:
    """The outcome a body stands for; `action` is the query's, and the body's own counts more.

    Raises InvalidRequest where nothing says which outcome is meant, a success has no output, or
    the two halves of a body contradict each other."""
    succeeds = "output" in body.model_fields_set
    fails = body.error is not None or body.cause is not None
    chosen = body.action or action or ("failure" if fails else "success" if succeeds else None)
    if chosen is None:
        raise InvalidRequest(WHICH, errors=[FieldError("output", MISSING)])
    if chosen == "failure":
        if succeeds:
            raise _contradiction("output", "belongs to a success")
        return failure(body.error, body.cause)
    if fails:
        raise _contradiction("error" if body.error is not None else "cause", "belongs to a failure")
    if not succeeds:
        raise InvalidRequest("A success needs an output.", errors=[FieldError("output", MISSING)])
    return success(body.output)


def note(settled: Settled, *, via: str) -> None:
    """One log line; `via` is `link` or `webhook`."""
    log.info(
        "task settled",
        via=via,
        execution=str(settled.execution),
        event_id=settled.event_id,
        outcome=settled.outcome.value,
        replayed=settled.replayed,
    )


def settled_answer(settled: Settled) -> Response:
    return answer(settled_document(settled))


def _contradiction(path: str, message: str) -> InvalidRequest:
    return InvalidRequest(f"{path} {message}.", errors=[FieldError(path, message)])
