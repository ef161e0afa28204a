"""Checks what Retry and Catch say."""

from collections.abc import Iterator, Mapping

from handrail.core.definition.definition import QueryLanguage, State
from handrail.core.models import Json

from .field_values import is_number
from .fields import foreign, held
from .findings import Finding, Step, in_state

_ALL = "States.ALL"
_HANDLING_ERRORS = {"Task", "Parallel", "Map"}
_FIELDS = {
    "Retry": {
        "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds",
        "JitterStrategy", "Comment",
    },
    "Catch": {"ErrorEquals", "Next", "ResultPath", "Assign", "Output", "Comment"},
}  # fmt: skip


def check_handlers(state: State) -> Iterator[Finding]:
    for field, known in _FIELDS.items():
        handlers = state.raw.get(field)
        if field not in state.raw or state.type not in _HANDLING_ERRORS:
            continue
        if not isinstance(handlers, list):
            yield in_state(state, "not-a-list", "Expected value of type [ARRAY]", field)
            continue
        for index, handler in enumerate(handlers):
            place = (field, index)
            if not isinstance(handler, dict):
                message = "Expected value of type [OBJECT]"
                yield in_state(state, "wrong-type", message, *place)
                continue
            for key in handler.keys() - known:
                message = f"Field '{key}' is not supported"
                yield in_state(state, "unknown-field", message, *place, key)
            yield from _of_the_other_language(state, handler, *place)
            yield from _errors(state, handler, *place, last=index == len(handlers) - 1)
            yield from held(state, handler, *place)
            yield from _numbers(state, handler, *place)


def _of_the_other_language(
    state: State, handler: Mapping[str, Json], *place: Step
) -> Iterator[Finding]:
    jsonata = state.query_language is QueryLanguage.JSONATA
    other = QueryLanguage.JSONPATH if jsonata else QueryLanguage.JSONATA
    field = "ResultPath" if jsonata else "Output"
    if place[0] == "Catch" and field in handler and state.language_declared:
        yield foreign(state, field, other, *place, field)


def _errors(
    state: State, handler: Mapping[str, Json], *place: Step, last: bool
) -> Iterator[Finding]:
    errors = handler.get("ErrorEquals")
    if not isinstance(errors, list) or not errors:
        message = "These fields are required: [ErrorEquals], with one error at least"
        yield in_state(state, "missing-error-equals", message, *place)
        return
    for index, name in enumerate(errors):
        if not isinstance(name, str):
            message = "Expected value of type [STRING]"
            yield in_state(state, "wrong-type", message, *place, "ErrorEquals", index)
    if place[0] == "Catch" and "Next" not in handler:
        yield in_state(state, "catch-without-next", "These fields are required: [Next]", *place)
    if _ALL in errors and (len(errors) > 1 or not last):
        message = f"{_ALL} must be alone, and last."
        yield in_state(state, "states-all-not-last", message, *place, "ErrorEquals")
    if "State.ALL" in errors:
        message = f"State.ALL is no error: write {_ALL}."
        yield in_state(state, "misspelt-states-all", message, *place, "ErrorEquals")


def _numbers(state: State, handler: Mapping[str, Json], *place: Step) -> Iterator[Finding]:
    attempts, rate = handler.get("MaxAttempts"), handler.get("BackoffRate")
    if is_number(attempts) and attempts < 0:
        yield in_state(state, "negative-attempts", "Minimum value is 0", *place, "MaxAttempts")
    if is_number(rate) and rate < 1:
        yield in_state(state, "backoff-below-one", "Minimum value is 1.0", *place, "BackoffRate")
