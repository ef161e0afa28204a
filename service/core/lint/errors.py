"""Whether Retry and Catch stand where they can, and say what they seem to say."""

from collections.abc import Iterator, Mapping

from service.core.definition import Definition, State
from service.core.models import Json, MachineType

from .finding import Finding, Severity, about

_HANDLING = {"Task", "Parallel", "Map"}
_ALL = "States.ALL"


def error_handling(definition: Definition, _: MachineType) -> Iterator[Finding]:
    for state in definition.all_states:
        for field in ("Retry", "Catch"):
            if field in state.raw:
                yield from _handlers(state, field)


def _handlers(state: State, field: str) -> Iterator[Finding]:
    if state.type not in _HANDLING:
        message = f"A {state.type} state can't have {field}."
        yield about(state, "unexpected-error-handling", Severity.ERROR, message, field)
        return
    handlers = state.raw[field]
    if not isinstance(handlers, list):
        yield about(state, "not-a-list", Severity.ERROR, f"{field} must be a list.", field)
        return
    for index, handler in enumerate(handlers):
        yield from _handler(state, handler, f"{field}[{index}]", last=index == len(handlers) - 1)


def _handler(state: State, handler: Json, path: str, *, last: bool) -> Iterator[Finding]:
    errors = handler.get("ErrorEquals") if isinstance(handler, dict) else None
    if not isinstance(errors, list) or not errors:
        message = "ErrorEquals must name at least one error."
        yield about(state, "missing-error-equals", Severity.ERROR, message, path)
        return
    if path.startswith("Catch") and not isinstance(handler.get("Next"), str):
        yield about(state, "catch-without-next", Severity.ERROR, "Next is missing.", path)
    if _ALL in errors and (len(errors) > 1 or not last):
        message = f"{_ALL} must stand alone, and last: it takes every error."
        yield about(state, "states-all-not-last", Severity.ERROR, message, path)
    if "State.ALL" in errors:
        message = f"State.ALL is no error anybody raises; {_ALL} is."
        yield about(state, "misspelt-states-all", Severity.WARNING, message, path)
    yield from _numbers(state, handler, path)


def _numbers(state: State, handler: Mapping[str, Json], path: str) -> Iterator[Finding]:
    if _number(handler.get("MaxAttempts"), default=0) < 0:
        message = "MaxAttempts can't be negative."
        yield about(state, "negative-attempts", Severity.ERROR, message, path)
    if _number(handler.get("BackoffRate"), default=1) < 1:
        message = "BackoffRate can't be below 1."
        yield about(state, "backoff-below-one", Severity.ERROR, message, path)


def _number(value: Json, *, default: float) -> float:
    """JSONata states may give an expression instead."""
    return default if isinstance(value, bool) or not isinstance(value, int | float) else value
