"""Checks which fields a state has: those its type and its query language can have, what each may
hold, those it needs, and those that exclude each other.

https://states-language.net/#state-type-table
"""

from collections.abc import Iterator, Mapping

from handrail.core.definition.definition import Definition, QueryLanguage, State
from handrail.core.models import Json

from .field_values import TYPES_OF_FIELDS, is_number, misfit
from .findings import Finding, Step, in_state, on_whole

TYPES = {"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}
_ANY = {"Type", "Comment", "QueryLanguage"}
_ON = {"Next", "End", "Assign", "InputPath", "OutputPath", "Output"}
_HANDLED = {"Retry", "Catch", "ResultPath", "ResultSelector", "Parameters"}
_FIELDS = {
    "Task": _ON | _HANDLED | {
        "Resource", "Arguments", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds",
        "HeartbeatSecondsPath", "Credentials",
    },
    "Pass": _ON | {"Result", "ResultPath", "Parameters"},
    "Choice": {"Choices", "Default", "Assign", "InputPath", "OutputPath", "Output"},
    "Wait": _ON | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Succeed": {"InputPath", "OutputPath", "Output"},
    "Fail": {"Error", "ErrorPath", "Cause", "CausePath"},
    "Parallel": _ON | _HANDLED | {"Branches", "Arguments"},
    "Map": _ON | _HANDLED | {
        "ItemProcessor", "Iterator", "ItemsPath", "Items", "ItemSelector", "ItemReader",
        "ItemBatcher", "ResultWriter", "MaxConcurrency", "MaxConcurrencyPath", "Label",
        "ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage",
        "ToleratedFailurePercentagePath",
    },
}  # fmt: skip
_TOP = {"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"}
_SCOPE = {"Comment", "StartAt", "States", "ProcessorConfig"}
_JSONPATH_ONLY = (
    "InputPath", "OutputPath", "Parameters", "Result", "ResultSelector", "ResultPath", "ItemsPath",
    "MaxConcurrencyPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "SecondsPath",
    "TimestampPath", "ErrorPath", "CausePath", "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
)  # fmt: skip
_JSONATA_ONLY = ("Arguments", "Output", "Items")
_TRANSITIONING = {"Task", "Pass", "Wait", "Parallel", "Map"}
_WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
_EXCLUSIVE = (
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    ("ItemProcessor", "Iterator"),
    ("ItemSelector", "Parameters"),
    ("Items", "ItemsPath"),
)
_LANGUAGES = (None, *QueryLanguage)
_DOWNGRADED = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
_UNKNOWN = "Value should be one of the following: [JSONPath, JSONata]"


def check_top(definition: Definition) -> Iterator[Finding]:
    """The fields of the document and of the scopes in it, apart from their states."""
    if definition.raw.get("QueryLanguage") not in _LANGUAGES:
        yield on_whole("unknown-language", _UNKNOWN, "QueryLanguage")
    for field, value in definition.raw.items():
        if field not in _TOP:
            yield on_whole("unknown-field", f"Field '{field}' is not supported", field)
        elif problem := misfit(field, value, jsonata=False):
            yield on_whole(problem.rule, problem.message, field)
        elif field == "TimeoutSeconds" and is_number(value) and value <= 0:
            yield on_whole("limit-not-positive", "Minimum value is 1", field)
    for scope in definition.scopes[1:]:
        if scope.parent is None:
            continue
        for field in scope.raw:
            if field not in _SCOPE:
                message = f"Field '{field}' is not supported"
                yield on_whole("unknown-field", message, f"{scope.path}.{field}", scope.parent)


def check_fields(definition: Definition, state: State) -> Iterator[Finding]:
    if state.type not in TYPES:
        message = f"{state.type} is no type of state." if state.type else "Type is missing."
        yield in_state(state, "unknown-type", message, "Type")
        return
    yield from _supported(state)
    yield from _transition(state)
    yield from _language(definition, state)
    yield from exclusive(state, state.raw, _EXCLUSIVE)
    yield from _needed(state)
    if state.language_declared:
        yield from held(state, state.raw)


def held(state: State, raw: Mapping[str, Json], *place: Step) -> Iterator[Finding]:
    """Whether the fields of the state, or of an object in it, hold what they may."""
    jsonata = state.query_language is QueryLanguage.JSONATA
    for field, value in raw.items():
        if field in TYPES_OF_FIELDS and (problem := misfit(field, value, jsonata=jsonata)):
            yield in_state(state, problem.rule, problem.message, *place, field)


def exclusive(
    state: State, raw: Mapping[str, Json], pairs: tuple[tuple[str, str], ...], *place: Step
) -> Iterator[Finding]:
    for pair in pairs:
        if raw.keys() >= set(pair):
            message = f"There should only be one of the following fields: [{', '.join(pair)}]"
            yield in_state(state, "exclusive-fields", message, *place, pair[1])


def foreign(state: State, field: str, other: QueryLanguage, *place: Step) -> Finding:
    """A field that belongs to the other query language."""
    message = (
        f"The QueryLanguage is set to '{state.query_language}', but field '{field}' is only "
        f"supported for the '{other}' QueryLanguage"
    )
    return in_state(state, "foreign-field", message, *place)


def _supported(state: State) -> Iterator[Finding]:
    for field in state.raw:
        if field in _ANY or field in _FIELDS[state.type]:
            continue
        if field in {"Next", "End"}:
            choice = state.type == "Choice"
            rule = "choice-with-transition" if choice else "unexpected-transition"
            yield in_state(state, rule, f"A {state.type} has no {field} of its own.", field)
        elif field in {"Retry", "Catch"}:
            message = f"Field '{field}' is not supported"
            yield in_state(state, "unexpected-error-handling", message, field)
        else:
            yield in_state(state, "unknown-field", f"Field '{field}' is not supported", field)


def _transition(state: State) -> Iterator[Finding]:
    has_next, has_end = "Next" in state.raw, state.raw.get("End") is True
    if state.type in _TRANSITIONING and has_next == has_end:
        message = "Next and End exclude each other." if has_next else "Next or End is missing."
        yield in_state(state, "next-or-end", message)


def _language(definition: Definition, state: State) -> Iterator[Finding]:
    jsonata = state.query_language is QueryLanguage.JSONATA
    language = state.raw.get("QueryLanguage")
    if language not in _LANGUAGES:
        yield in_state(state, "unknown-language", _UNKNOWN, "QueryLanguage")
    elif language == "JSONPath" and definition.query_language is QueryLanguage.JSONATA:
        inner = state.scope.parent is not None
        rule = "jsonpath-inside-jsonata" if inner else "jsonpath-in-jsonata"
        yield in_state(state, rule, _DOWNGRADED)
        return
    if not state.language_declared:
        return
    other = QueryLanguage.JSONPATH if jsonata else QueryLanguage.JSONATA
    for field in _JSONPATH_ONLY if jsonata else _JSONATA_ONLY:
        if field in state.raw:
            yield foreign(state, field, other, field)


def _needed(state: State) -> Iterator[Finding]:
    match state.type:
        case "Task" if not state.resource:
            yield in_state(state, "missing-resource", "These fields are required: [Resource]")
        case "Wait" if (given := sum(key in state.raw for key in _WAITS)) != 1:
            message = f"Exactly one of {', '.join(_WAITS)} is needed, not {given}."
            yield in_state(state, "wait-for-what", message)
        case "Parallel":
            yield from _branches(state)
        case "Task":
            yield from _limits(state)


def _branches(state: State) -> Iterator[Finding]:
    branches = state.raw.get("Branches")
    if not isinstance(branches, list) or not branches:
        yield in_state(state, "missing-branches", "These fields are required: [Branches]")
        return
    for index, branch in enumerate(branches):
        if not isinstance(branch, dict):
            message = "Expected value of type [OBJECT]"
            yield in_state(state, "wrong-type", message, "Branches", index)


def _limits(state: State) -> Iterator[Finding]:
    timeout, heartbeat = (state.raw.get(f"{limit}Seconds") for limit in ("Timeout", "Heartbeat"))
    for field in ("TimeoutSeconds", "HeartbeatSeconds"):
        if is_number(value := state.raw.get(field)) and value <= 0:
            yield in_state(state, "limit-not-positive", "Minimum value is 1", field)
    if is_number(timeout) and is_number(heartbeat) and heartbeat >= timeout:
        message = "HeartbeatSeconds must be smaller than TimeoutSeconds."
        yield in_state(state, "heartbeat-not-below-timeout", message, "HeartbeatSeconds")
