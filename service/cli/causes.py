"""Finds the sentence for a person in a failure's cause, which is often a JSON document. Pure."""

import json
from collections.abc import Mapping

from handrail.core.models import Json

_MESSAGES = (
    "errorMessage",  # Lambda
    "Cause",  # an execution started with .sync
    "StatusReason",  # Batch
    "StoppedReason",  # ECS
    "ErrorMessage",  # Glue
    "FailureReason",  # SageMaker
    "message",
)
_DEEPEST = 5


def message_of(cause: str, *, depth: int = 0) -> str:
    """What the document says went wrong; the cause itself where it is none, or says nothing."""
    if not cause.lstrip().startswith("{") or depth == _DEEPEST:
        return cause
    try:
        document = json.loads(cause)
    except (ValueError, RecursionError):  # AWS cuts a long one short
        return cause
    found = (document.get(name) for name in _MESSAGES)
    message = next((text for text in found if isinstance(text, str) and text.strip()), None)
    return cause if message is None else message_of(message, depth=depth + 1)


def failure(failed: Json) -> str:
    """`Error: message` of a state's last error or of an execution, "" where there is none."""
    if not isinstance(failed, Mapping):
        return ""
    error, cause = failed.get("error"), failed.get("cause")
    return ": ".join(str(part) for part in (error, message_of(str(cause or ""))) if part)
