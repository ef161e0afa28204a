"""Checks that each state has the fields its type needs, none that contradict each other or belong
to the other query language, and that nothing is left to fill in."""

from collections.abc import Iterator, Mapping

from service.core.definition.definition import Definition, QueryLanguage, State
from service.core.definition.substitution import names
from service.core.limits import MAX_DEFINITION
from service.core.models import Json

from .findings import Finding, Severity, error, info, warning

TYPES = {"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}
_TRANSITIONING = {"Task", "Pass", "Wait", "Parallel", "Map"}
_HANDLING_ERRORS = {"Task", "Parallel", "Map"}
_WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
_ALL = "States.ALL"
_JSONPATH_ONLY = (
    "InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath", "ItemsPath",
    "MaxConcurrencyPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "SecondsPath",
    "TimestampPath", "ErrorPath", "CausePath", "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
)  # fmt: skip
_JSONATA_ONLY = ("Arguments", "Output", "Items")
_UNKNOWN = "QueryLanguage is JSONPath or JSONata."


def fields(definition: Definition) -> Iterator[Finding]:
    if _unknown_language(definition.raw):
        yield Finding("unknown-language", Severity.ERROR, _UNKNOWN, None, "QueryLanguage")
    for state in definition.all_states:
        if state.type not in TYPES:
            message = f"{state.type} is no type of state." if state.type else "Type is missing."
            yield error(state, "unknown-type", message, "Type")
        yield from _transition(state)
        yield from _required(state)
        for field in ("Retry", "Catch"):
            if field in state.raw:
                yield from _error_handlers(state, field)
        yield from _language(definition, state)
    if (length := len(definition.text)) > MAX_DEFINITION:
        message = f"It has {length:,} characters; AWS takes {MAX_DEFINITION:,} at most."
        yield Finding("definition-too-long", Severity.ERROR, message)
    for name in names(definition.text):
        holders = (s.name for s in definition.all_states if f"${{{name}}}" in repr(s.raw))
        message = f"${{{name}}} was not filled in: AWS takes it as it stands."
        yield Finding("leftover-substitution", Severity.WARNING, message, next(holders, None))


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
        elif not {"Variable", "And", "Or", "Not"} & rule.keys():
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


def _unknown_language(raw: Mapping[str, Json]) -> bool:
    language = raw.get("QueryLanguage")
    return language is not None and language not in tuple(QueryLanguage)


def _language(definition: Definition, state: State) -> Iterator[Finding]:
    jsonata = QueryLanguage.JSONATA
    if _unknown_language(state.raw):
        yield error(state, "unknown-language", _UNKNOWN, "QueryLanguage")
    elif state.raw.get("QueryLanguage") == "JSONPath" and definition.query_language is jsonata:
        message = "A state machine that is JSONata as a whole can't have JSONPath states."
        yield error(state, "jsonpath-in-jsonata", message, "QueryLanguage")
    if state.language_declared:
        yield from _foreign(state, jsonata=state.query_language is jsonata)


def _foreign(state: State, *, jsonata: bool) -> Iterator[Finding]:
    """Fields and expressions of the other query language."""
    for field in _JSONPATH_ONLY if jsonata else _JSONATA_ONLY:
        if field in state.raw:
            other = "JSONPath" if jsonata else "JSONata"
            message = f"{field} belongs to {other}; this state is {state.query_language}."
            yield error(state, "foreign-field", message, field)
    template = "Arguments" if jsonata else "Parameters"
    for path, key, value in _pairs(state.raw.get(template), template):
        if not isinstance(value, str):
            continue
        if jsonata and key.endswith(".$") and value.startswith(("$", "States.")):
            message = f"{key} is sent as it stands: JSONata has no .$ keys."
            yield warning(state, "path-in-jsonata", message, path)
        if not jsonata and value.startswith("{%") and value.endswith("%}"):
            message = "This expression is sent as it stands: the state is JSONPath."
            yield warning(state, "jsonata-in-jsonpath", message, path)


def _pairs(value: Json, path: str) -> Iterator[tuple[str, str, Json]]:
    """Every key and value of the objects inside a template. Walks without recursion."""
    pending: list[tuple[str, Json]] = [(path, value)]
    while pending:
        where, item = pending.pop()
        if isinstance(item, Mapping):
            for key, inner in item.items():
                yield f"{where}.{key}", key, inner
                pending.append((f"{where}.{key}", inner))
        elif isinstance(item, list):
            pending.extend((f"{where}[{i}]", inner) for i, inner in enumerate(item))
