"""Writes times in the context object as AWS does."""

from datetime import datetime
from typing import Any

from handrail.core.models import rfc3339

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto's State.EnteredTime has microseconds and the offset +00:00.",
    since="5.0.16 or earlier",
    aws="Times in the context object are UTC in whole milliseconds: 2026-01-31T10:20:30.123Z.",
    known="AWS's documents on the context object, and executions recorded on AWS.",
)


@replaces("component.state.state:StateData")
def entered(EnteredTime: str, Name: str) -> dict[str, Any]:  # noqa: N803 moto's names
    """The state at hand, as the context object shows it."""
    return {"Name": Name, "EnteredTime": rfc3339(datetime.fromisoformat(EnteredTime))}
