"""Checks that each state has the fields its type needs, none that contradict each other, and
Retry and Catch only where they can take effect."""

from collections.abc import Iterator, Mapping

from service.core.definition import Definition, QueryLanguage, State
from service.core.models import Json

from .finding import Finding, error, info, warning

TYPES = {"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}
_TRANSITIONING = {"Task", "Pass", "Wait", "Parallel", "Map"}
_HANDLING_ERRORS = {"Task", "Parallel", "Map"}
_WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
_RULE_COMBINERS = ("And", "Or", "Not")
_ALL = "States.ALL"


def fields(definition: Definition) -> Iterator[Finding]:
    for state in definition.all_states:
        if state.type not in TYPES:
            message = f"{state.type} is no type of state." if state.type else "Type is missing."
            yield error(state, "unknown-type", message, "Type")
        yield from _transition(state)
        yield from _required(state)
        for field in ("Retry", "Catch"):
            if field in state.raw:
                yield from _error_handlers(state, field)


def _transition(state: State) -> Iterator[Finding]:
    has_next, has_end = "Next" in state.raw, state.raw.get("End") is True
    if state.type in _TRANSITIONING and has_next == has_end:
        message = "Next and End exclude each other." if has_next else "Next or End is missing."
        yield error(state, "next-or-end", message)
    elif state.type in {"Succeed", "Fail", "Choice"} and (has_next or has_end):
        message = f"A {state.type} state has neither Next nor End."
        yield warning(state, "unexpected-transition", message)


def _required(state: State) -> Iterator[Finding]:
    match state.type:
        case "Task" if not state.resource:
            yield error(state, "missing-resource", "Resource is missing.", "Resource")
        case "Wait" if (given := sum(key in state.raw for key in _WAITS)) != 1:
            message = f"Exactly one of {', '.join(_WAITS)} is needed, not {given}."
            yield error(state, "wait-for-what", message)
        case "Choice":
            yield from _choice(state)
        case "Parallel" if not isinstance(state.raw.get("Branches"), list):
            yield error(state, "missing-branches", "Branches is missing.", "Branches")
        case "Map":
            yield from _map(state)
        case "Fail" if not {"Error", "ErrorPath"} & state.raw.keys():
            message = "Without an Error nobody can tell this failure from another."
            yield info(state, "fail-without-error", message)


def _choice(state: State) -> Iterator[Finding]:
    rules = state.raw.get("Choices")
    if not isinstance(rules, list) or not rules:
        yield error(state, "missing-choices", "Choices is missing.", "Choices")
        return
    for index, rule in enumerate(rules):
        path = f"Choices[{index}]"
        if not isinstance(rule, dict) or not isinstance(rule.get("Next"), str):
            yield error(state, "rule-without-next", "Every rule needs a Next.", path)
        elif not state.language_declared:
            continue
        elif state.query_language is QueryLanguage.JSONATA:
            if "Condition" not in rule:
                message = "A JSONata rule needs a Condition."
                yield error(state, "rule-without-condition", message, path)
        elif not {"Variable", *_RULE_COMBINERS} & rule.keys():
            message = "A rule needs a Variable, or And, Or or Not."
            yield error(state, "rule-without-variable", message, path)
    if "Default" not in state.raw:
        message = "Without a Default, an input no rule fits fails the execution (States.Runtime)."
        yield warning(state, "choice-without-default", message)


def _map(state: State) -> Iterator[Finding]:
    body = state.raw.get("ItemProcessor", state.raw.get("Iterator"))
    if not isinstance(body, dict) or "States" not in body:
        yield error(state, "missing-item-processor", "ItemProcessor is missing.", "ItemProcessor")
    elif "Iterator" in state.raw:
        message = "Iterator is deprecated: ItemProcessor has taken its place."
        yield info(state, "deprecated-iterator", message, "Iterator")
    if not {"MaxConcurrency", "MaxConcurrencyPath"} & state.raw.keys():
        message = "Without MaxConcurrency all items may start at once on what stands behind."
        yield info(state, "map-without-max-concurrency", message)


def _error_handlers(state: State, field: str) -> Iterator[Finding]:
    handlers = state.raw[field]
    if state.type not in _HANDLING_ERRORS:
        message = f"A {state.type} state can't have {field}."
        yield error(state, "unexpected-error-handling", message, field)
    elif not isinstance(handlers, list):
        yield error(state, "not-a-list", f"{field} must be a list.", field)
    else:
        for index, handler in enumerate(handlers):
            last = index == len(handlers) - 1
            yield from _error_handler(state, handler, f"{field}[{index}]", last=last)


def _error_handler(state: State, handler: Json, path: str, *, last: bool) -> Iterator[Finding]:
    errors = handler.get("ErrorEquals") if isinstance(handler, dict) else None
    if not isinstance(errors, list) or not errors:
        message = "ErrorEquals must name at least one error."
        yield error(state, "missing-error-equals", message, path)
        return
    if path.startswith("Catch") and not isinstance(handler.get("Next"), str):
        yield error(state, "catch-without-next", "Next is missing.", path)
    if _ALL in errors and (len(errors) > 1 or not last):
        message = f"{_ALL} must stand alone, and last: it takes every error."
        yield error(state, "states-all-not-last", message, path)
    if "State.ALL" in errors:
        message = f"State.ALL is no error anybody raises; {_ALL} is."
        yield warning(state, "misspelt-states-all", message, path)
    if _number(handler, "MaxAttempts", default=0) < 0:
        yield error(state, "negative-attempts", "MaxAttempts can't be negative.", path)
    if _number(handler, "BackoffRate", default=1) < 1:
        yield error(state, "backoff-below-one", "BackoffRate can't be below 1.", path)


def _number(handler: Mapping[str, Json], field: str, *, default: float) -> float:
    """JSONata states may give an expression instead."""
    value = handler.get(field)
    return default if isinstance(value, bool) or not isinstance(value, int | float) else value
