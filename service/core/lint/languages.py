"""Checks that JSONPath stays out of JSONata states and the other way round, that the text isn't
too long, and that no placeholder is left in it."""

from collections.abc import Iterator, Mapping

from service.core.definition import Definition, QueryLanguage, State
from service.core.limits import MAX_DEFINITION
from service.core.models import Json
from service.core.substitution import names

from .finding import Finding, Severity, error, warning

_JSONPATH_ONLY = (
    "InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath", "ItemsPath",
    "MaxConcurrencyPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "SecondsPath",
    "TimestampPath", "ErrorPath", "CausePath", "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
)  # fmt: skip
_JSONATA_ONLY = ("Arguments", "Output", "Items")
_UNKNOWN = "QueryLanguage is JSONPath or JSONata."


def languages(definition: Definition) -> Iterator[Finding]:
    if _unknown(definition.raw):
        yield Finding("unknown-language", Severity.ERROR, _UNKNOWN, None, "QueryLanguage")
    for state in definition.all_states:
        if _unknown(state.raw):
            yield error(state, "unknown-language", _UNKNOWN, "QueryLanguage")
        elif (
            state.raw.get("QueryLanguage") == "JSONPath"
            and definition.query_language is QueryLanguage.JSONATA
        ):
            message = "A state machine that is JSONata as a whole can't have JSONPath states."
            yield error(state, "jsonpath-in-jsonata", message, "QueryLanguage")
        if state.language_declared:
            yield from _foreign(state)
    if (length := len(definition.text)) > MAX_DEFINITION:
        message = f"It has {length:,} characters; AWS takes {MAX_DEFINITION:,} at most."
        yield Finding("definition-too-long", Severity.ERROR, message)
    for name in names(definition.text):
        holders = (s.name for s in definition.all_states if f"${{{name}}}" in repr(s.raw))
        message = f"${{{name}}} was not filled in: AWS takes it as it stands."
        yield Finding("leftover-substitution", Severity.WARNING, message, next(holders, None))


def _unknown(raw: Mapping[str, Json]) -> bool:
    language = raw.get("QueryLanguage")
    return language is not None and language not in tuple(QueryLanguage)


def _foreign(state: State) -> Iterator[Finding]:
    """Fields and expressions of the other query language."""
    jsonata = state.query_language is QueryLanguage.JSONATA
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
