"""Checks each state's fields, query language, error handlers and timeouts, and that it may be used
in this type of state machine."""

from collections.abc import Iterator, Mapping
from math import inf

from handrail.core.models import Json, MachineType
from handrail.core.task_tokens.finding import placement

from .definition import Definition, QueryLanguage, State
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
_LANGUAGES = (None, *QueryLanguage)
_UNKNOWN = "QueryLanguage is JSONPath or JSONata."
_TIMEOUTS = {"TimeoutSeconds", "TimeoutSecondsPath"}
_HEARTBEATS = {"HeartbeatSeconds", "HeartbeatSecondsPath"}


def check_states(definition: Definition, machine_type: MachineType) -> Iterator[Finding]:
    if definition.raw.get("QueryLanguage") not in _LANGUAGES:
        yield Finding("unknown-language", Severity.ERROR, _UNKNOWN, None, "QueryLanguage")
    for state in definition.all_states:
        if state.type not in TYPES:
            message = f"{state.type} is no type of state." if state.type else "Type is missing."
            yield error(state, "unknown-type", message, "Type")
        has_next, has_end = "Next" in state.raw, state.raw.get("End") is True
        if state.type in _TRANSITIONING and has_next == has_end:
            message = "Next and End exclude each other." if has_next else "Next or End is missing."
            yield error(state, "next-or-end", message)
        elif state.type in {"Succeed", "Fail", "Choice"} and (has_next or has_end):
            yield warning(state, "unexpected-transition", f"A {state.type} has no Next and no End.")
        yield from _required(state)
        for field in ("Retry", "Catch"):
            if field in state.raw:
                yield from _error_handlers(state, field)
        yield from _language(definition, state)
        if state.type == "Task":
            yield from _task(state)
        yield from _beyond_express(definition, state, machine_type)


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
            body = state.raw.get("ItemProcessor", state.raw.get("Iterator"))
            if not isinstance(body, dict) or "States" not in body:
                message = "ItemProcessor is missing."
                yield error(state, "missing-item-processor", message, "ItemProcessor")
            elif "Iterator" in state.raw:
                message = "Iterator is deprecated: use ItemProcessor."
                yield info(state, "deprecated-iterator", message, "Iterator")
            if not {"MaxConcurrency", "MaxConcurrencyPath"} & state.raw.keys():
                message = "Without MaxConcurrency all items may start at once."
                yield info(state, "map-without-max-concurrency", message)
        case "Fail" if not {"Error", "ErrorPath"} & state.raw.keys():
            yield info(state, "fail-without-error", "Without an Error, all failures look alike.")


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
                yield error(state, "rule-without-condition", "JSONata rules need Condition.", path)
        elif not {"Variable", "And", "Or", "Not"} & rule.keys():
            yield error(state, "rule-without-variable", "A rule needs Variable/And/Or/Not.", path)
    if "Default" not in state.raw:
        message = "Without a Default, an input no rule fits fails the execution (States.Runtime)."
        yield warning(state, "choice-without-default", message)


def _error_handlers(state: State, field: str) -> Iterator[Finding]:
    handlers = state.raw[field]
    if state.type not in _HANDLING_ERRORS:
        yield error(state, "unexpected-error-handling", f"A {state.type} has no {field}.", field)
    elif not isinstance(handlers, list):
        yield error(state, "not-a-list", f"{field} must be a list.", field)
    else:
        for index, handler in enumerate(handlers):
            last = index == len(handlers) - 1
            yield from _error_handler(state, handler, f"{field}[{index}]", last=last)


def _error_handler(state: State, handler: Json, path: str, *, last: bool) -> Iterator[Finding]:
    errors = handler.get("ErrorEquals") if isinstance(handler, dict) else None
    if not isinstance(errors, list) or not errors:
        yield error(state, "missing-error-equals", "ErrorEquals must name an error.", path)
        return
    if path.startswith("Catch") and not isinstance(handler.get("Next"), str):
        yield error(state, "catch-without-next", "Next is missing.", path)
    if _ALL in errors and (len(errors) > 1 or not last):
        yield error(state, "states-all-not-last", f"{_ALL} must be alone, and last.", path)
    if "State.ALL" in errors:
        yield warning(state, "misspelt-states-all", f"State.ALL is no error: write {_ALL}.", path)
    if _number(handler, "MaxAttempts", default=0) < 0:
        yield error(state, "negative-attempts", "MaxAttempts can't be negative.", path)
    if _number(handler, "BackoffRate", default=1) < 1:
        yield error(state, "backoff-below-one", "BackoffRate can't be below 1.", path)


def _number(raw: Mapping[str, Json], field: str, *, default: float) -> float:
    """JSONata states may give an expression instead."""
    value = raw.get(field)
    return default if isinstance(value, bool) or not isinstance(value, int | float) else value


def _language(definition: Definition, state: State) -> Iterator[Finding]:
    """Checks the query language, and for fields and expressions of the other one."""
    jsonata, language = (
        state.query_language is QueryLanguage.JSONATA,
        state.raw.get("QueryLanguage"),
    )
    if language not in _LANGUAGES:
        yield error(state, "unknown-language", _UNKNOWN, "QueryLanguage")
    elif language == "JSONPath" and definition.query_language is QueryLanguage.JSONATA:
        message = "A state machine that is JSONata as a whole can't have JSONPath states."
        yield error(state, "jsonpath-in-jsonata", message, "QueryLanguage")
    if not state.language_declared:
        return
    for field in _JSONPATH_ONLY if jsonata else _JSONATA_ONLY:
        if field in state.raw:
            message = f"{field} is no field in {state.query_language}."
            yield error(state, "foreign-field", message, field)
    template = "Arguments" if jsonata else "Parameters"
    for path, key, text in _strings(state.raw.get(template), template):
        if jsonata and key.endswith(".$") and text.startswith(("$", "States.")):
            message = f"{key} is sent as it stands: JSONata has no .$ keys."
            yield warning(state, "path-in-jsonata", message, path)
        if not jsonata and text.startswith("{%") and text.endswith("%}"):
            yield warning(state, "jsonata-in-jsonpath", "JSONPath sends this as it stands.", path)


def _strings(template: Json, path: str) -> Iterator[tuple[str, str, str]]:
    """The path, key and value of each string of a template's objects. Walks without recursion."""
    pending: list[tuple[str, str, Json]] = [(path, "", template)]
    while pending:
        where, key, item = pending.pop()
        if isinstance(item, Mapping):
            pending.extend((f"{where}.{key}", key, inner) for key, inner in item.items())
        elif isinstance(item, list):
            pending.extend((f"{where}[{i}]", "", inner) for i, inner in enumerate(item))
        elif isinstance(item, str) and key:
            yield where, key, item


def _task(state: State) -> Iterator[Finding]:
    for field in ("TimeoutSeconds", "HeartbeatSeconds"):
        if _number(state.raw, field, default=1) <= 0:
            yield error(state, "limit-not-positive", f"{field} must be positive.", field)
    timeout_s = _number(state.raw, "TimeoutSeconds", default=inf)
    if _number(state.raw, "HeartbeatSeconds", default=-inf) >= timeout_s:
        message = "HeartbeatSeconds must be smaller than TimeoutSeconds."
        yield error(state, "heartbeat-not-below-timeout", message)
    if state.waits_for_callback:
        yield from _callback(state)
        return
    if not state.raw.get("Retry"):
        yield info(state, "task-without-retry", "Without Retry a transient error is fatal.")
    if not _TIMEOUTS & state.raw.keys():
        long = ":activity:" in state.resource or ".sync" in state.resource
        message = "Without TimeoutSeconds a task that hangs is noticed very late."
        yield (warning if long else info)(state, "task-without-timeout", message)


def _callback(state: State) -> Iterator[Finding]:
    limited = bool((_TIMEOUTS | _HEARTBEATS) & state.raw.keys())
    if not limited:
        message = "Without TimeoutSeconds or HeartbeatSeconds a lost callback waits for a year."
        yield warning(state, "callback-without-limit", message)
    if not placement(state).carries():
        message = "The task token is passed nowhere, so nobody can ever answer this task."
        yield (warning if limited else error)(state, "callback-without-token", message)


def _beyond_express(
    definition: Definition, state: State, machine_type: MachineType
) -> Iterator[Finding]:
    """A distributed Map's children may be Express inside a Standard state machine."""
    express, around = machine_type is MachineType.EXPRESS, state.scope.parent
    while around is not None:
        outer = definition.states[around]
        if outer.map_mode == "DISTRIBUTED":
            express = outer.express_children
            break
        around = outer.scope.parent
    beyond = {
        "wait for callbacks": state.waits_for_callback,
        "wait for a job to end (.sync)": state.resource.endswith((".sync", ".sync:2")),
        "call activities": ":activity:" in state.resource,
        "run a distributed Map": state.map_mode == "DISTRIBUTED",
    }
    for what in (what for what, wanted in beyond.items() if express and wanted):
        yield error(state, "beyond-express", f"Express executions can't {what}.")
