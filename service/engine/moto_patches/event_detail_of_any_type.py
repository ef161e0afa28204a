"""Has EventBridge refuse the events that it refuses on AWS."""

import json
from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps
from .service_errors import SERVICE_TASK

FAULT = Fault(
    moto="Moto's event bus takes an event whose Detail is JSON but no object.",
    since="5.0.16 or earlier",
    aws="EventBridge answers MalformedDetail for it, and the task fails with "
    "EventBridge.FailedEntry.",
    known="Executions recorded on AWS.",
)


@wraps(f"{SERVICE_TASK}_events:StateTaskServiceEvents._normalised_request_parameters")
def spoil_what_is_malformed(
    original: Callable[..., None], env: Any, parameters: dict[str, Any]
) -> None:
    """The bus finds malformed what is no JSON at all; so that is what it is handed."""
    original(env, parameters)
    for entry in parameters.get("Entries", []):
        detail = entry.get("Detail")
        if isinstance(detail, str) and detail and not _is_object(detail):
            entry["Detail"] = f"no object: {detail}"


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
