"""Outcomes of calls that tests make up."""

from handrail.core.diagnosis.call_outcomes import CallOutcome, CallResult, Obstacle

FINE = CallOutcome("Anything", CallResult.ANSWERED)


def ended(
    result: CallResult,
    code: str = "",
    *,
    operation: str = "ListStateMachines",
    obstacle: Obstacle | None = None,
) -> CallOutcome:
    return CallOutcome(operation, result, code, "states.example.com", obstacle)
