"""Whether each state has the fields its type needs, and none that contradict each other."""

from collections.abc import Iterator, Mapping

from service.core.definition import Definition, QueryLanguage, State
from service.core.models import Json, MachineType

from .finding import Finding, Severity, about

TYPES = {"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}
_TRANSITIONING = {"Task", "Pass", "Wait", "Parallel", "Map"}
_WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
_RULE_COMBINERS = ("And", "Or", "Not")


def fields(definition: Definition, _: MachineType) -> Iterator[Finding]:
    for state in definition.all_states:
        yield from _type(state)
        yield from _transition(state)
        yield from _required(state)


def _type(state: State) -> Iterator[Finding]:
    if state.type not in TYPES:
        message = f"{state.type} is no type of state." if state.type else "Type is missing."
        yield about(state, "unknown-type", Severity.ERROR, message, "Type")


def _transition(state: State) -> Iterator[Finding]:
    has_next, has_end = "Next" in state.raw, state.raw.get("End") is True
    if state.type in _TRANSITIONING and has_next == has_end:
        message = "Next and End exclude each other." if has_next else "Next or End is missing."
        yield about(state, "next-or-end", Severity.ERROR, message)
    elif state.type in {"Succeed", "Fail", "Choice"} and (has_next or has_end):
        message = f"A {state.type} state has neither Next nor End."
        yield about(state, "unexpected-transition", Severity.WARNING, message)


def _required(state: State) -> Iterator[Finding]:
    match state.type:
        case "Task":
            if not state.resource:
                message = "Resource is missing."
                yield about(state, "missing-resource", Severity.ERROR, message, "Resource")
        case "Wait":
            yield from _wait(state)
        case "Choice":
            yield from _choice(state)
        case "Parallel":
            if not isinstance(state.raw.get("Branches"), list):
                message = "Branches is missing."
                yield about(state, "missing-branches", Severity.ERROR, message, "Branches")
        case "Map":
            yield from _map(state)
        case "Fail":
            if not {"Error", "ErrorPath"} & state.raw.keys():
                message = "Without an Error nobody can tell this failure from another."
                yield about(state, "fail-without-error", Severity.INFO, message)


def _wait(state: State) -> Iterator[Finding]:
    given = [key for key in _WAITS if key in state.raw]
    if len(given) != 1:
        message = f"Exactly one of {', '.join(_WAITS)} is needed, not {len(given)}."
        yield about(state, "wait-for-what", Severity.ERROR, message)


def _choice(state: State) -> Iterator[Finding]:
    rules = state.raw.get("Choices")
    if not isinstance(rules, list) or not rules:
        yield about(state, "missing-choices", Severity.ERROR, "Choices is missing.", "Choices")
        return
    for index, rule in enumerate(rules):
        if not isinstance(rule, dict) or not isinstance(rule.get("Next"), str):
            message = "Every rule needs a Next."
            yield about(state, "rule-without-next", Severity.ERROR, message, f"Choices[{index}]")
        elif state.language_declared:
            yield from _rule(state, rule, f"Choices[{index}]")
    if "Default" not in state.raw:
        message = "Without a Default, an input no rule fits fails the execution (States.Runtime)."
        yield about(state, "choice-without-default", Severity.WARNING, message)


def _rule(state: State, rule: Mapping[str, Json], path: str) -> Iterator[Finding]:
    if state.query_language is QueryLanguage.JSONATA:
        if "Condition" not in rule:
            message = "A JSONata rule needs a Condition."
            yield about(state, "rule-without-condition", Severity.ERROR, message, path)
    elif "Variable" not in rule and not any(word in rule for word in _RULE_COMBINERS):
        message = "A rule needs a Variable, or And, Or or Not."
        yield about(state, "rule-without-variable", Severity.ERROR, message, path)


def _map(state: State) -> Iterator[Finding]:
    body = state.raw.get("ItemProcessor", state.raw.get("Iterator"))
    if not isinstance(body, dict) or "States" not in body:
        message = "ItemProcessor is missing."
        yield about(state, "missing-item-processor", Severity.ERROR, message, "ItemProcessor")
    elif "Iterator" in state.raw:
        message = "Iterator is deprecated: ItemProcessor has taken its place."
        yield about(state, "deprecated-iterator", Severity.INFO, message, "Iterator")
    if not {"MaxConcurrency", "MaxConcurrencyPath"} & state.raw.keys():
        message = "Without MaxConcurrency all items may start at once on what stands behind."
        yield about(state, "map-without-max-concurrency", Severity.INFO, message)
