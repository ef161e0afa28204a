"""Whether JSONPath fields stand in JSONata states, or the other way round."""

from collections.abc import Iterator, Mapping

from service.core.definition import Definition, QueryLanguage, State
from service.core.models import Json, MachineType

from .finding import Finding, Severity, about

_JSONPATH_ONLY = (
    "InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath", "ItemsPath",
    "MaxConcurrencyPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "SecondsPath",
    "TimestampPath", "ErrorPath", "CausePath", "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
)  # fmt: skip
_JSONATA_ONLY = ("Arguments", "Output", "Items")


def languages(definition: Definition, _: MachineType) -> Iterator[Finding]:
    stated = definition.raw.get("QueryLanguage")
    if stated is not None and stated not in set(QueryLanguage):
        message = "QueryLanguage is JSONPath or JSONata."
        yield Finding("unknown-language", Severity.ERROR, message, None, "QueryLanguage")
    for state in definition.all_states:
        yield from _declared(definition, state)
        if state.language_declared:
            yield from _foreign(state)


def _declared(definition: Definition, state: State) -> Iterator[Finding]:
    stated = state.raw.get("QueryLanguage")
    if stated is not None and stated not in set(QueryLanguage):
        message = "QueryLanguage is JSONPath or JSONata."
        yield about(state, "unknown-language", Severity.ERROR, message, "QueryLanguage")
    elif stated == "JSONPath" and definition.query_language is QueryLanguage.JSONATA:
        message = "A state machine that is JSONata as a whole can't have JSONPath states."
        yield about(state, "jsonpath-in-jsonata", Severity.ERROR, message, "QueryLanguage")


def _foreign(state: State) -> Iterator[Finding]:
    jsonata = state.query_language is QueryLanguage.JSONATA
    for field in _JSONPATH_ONLY if jsonata else _JSONATA_ONLY:
        if field in state.raw:
            other = "JSONPath" if jsonata else "JSONata"
            message = f"{field} belongs to {other}; this state is {state.query_language}."
            yield about(state, "foreign-field", Severity.ERROR, message, field)
    if jsonata:
        yield from _path_keys(state)
    else:
        yield from _expressions(state)


def _path_keys(state: State) -> Iterator[Finding]:
    for path, key, value in _pairs(state.raw.get("Arguments"), "Arguments"):
        if key.endswith(".$") and isinstance(value, str) and value.startswith(("$", "States.")):
            message = f"{key} is sent as it stands: JSONata has no .$ keys."
            yield about(state, "path-in-jsonata", Severity.WARNING, message, path)


def _expressions(state: State) -> Iterator[Finding]:
    for path, _, value in _pairs(state.raw.get("Parameters"), "Parameters"):
        if isinstance(value, str) and value.startswith("{%") and value.endswith("%}"):
            message = "This expression is sent as it stands: the state is JSONPath."
            yield about(state, "jsonata-in-jsonpath", Severity.WARNING, message, path)


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
