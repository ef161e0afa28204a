"""Checks the rules of Choice states: JSONPath's comparisons and JSONata's conditions."""

from collections.abc import Iterator, Mapping

from handrail.core.definition.definition import QueryLanguage, State
from handrail.core.models import Json

from .field_values import is_number, is_timestamp, misfit
from .fields import foreign
from .findings import Finding, Step, in_state
from .payload_templates import Evaluated, one_value

_ORDERS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
_KINDS = {
    **{f"{kind}{order}": kind for kind in ("String", "Numeric", "Timestamp") for order in _ORDERS},
    "BooleanEquals": "Boolean",
    "StringMatches": "String",
    **{f"Is{what}": "Boolean" for what in
       ("Null", "Present", "Numeric", "String", "Boolean", "Timestamp")},
}  # fmt: skip
_PATHS = {f"{name}Path" for name in _KINDS if not name.startswith("Is") and name != "StringMatches"}
_TOGETHER = ("And", "Or")
_BESIDES = {"Variable", "Comment", "Next", "Assign", "Output"}


def check_choice(found: Evaluated) -> Iterator[Finding]:
    """`found` takes what the paths in the rules have to say."""
    state = found.state
    rules = state.raw.get("Choices")
    if not isinstance(rules, list) or not rules:
        message = "These fields are required: [Choices], with one rule at least"
        yield in_state(state, "missing-choices", message, "Choices")
        return
    for index, rule in enumerate(rules):
        place = ("Choices", index)
        if not isinstance(rule, dict) or not isinstance(rule.get("Next"), str):
            message = "These fields are required: [Next]"
            yield in_state(state, "rule-without-next", message, *place)
        elif state.query_language is QueryLanguage.JSONATA:
            if state.language_declared:
                yield from _condition(state, rule, *place)
        elif state.language_declared:
            yield from _rule(found, rule, *place)
    if "Default" not in state.raw:
        message = "Without a Default, an input no rule fits fails the execution (States.Runtime)."
        yield in_state(state, "choice-without-default", message)


def _condition(state: State, rule: Mapping[str, Json], *place: Step) -> Iterator[Finding]:
    if "Condition" not in rule:
        message = "These fields are required: [Condition]"
        yield in_state(state, "rule-without-condition", message, *place)
        return
    condition = rule["Condition"]
    if not isinstance(condition, bool) and (
        problem := misfit("Condition", condition, jsonata=True)
    ):
        yield in_state(state, problem.rule, problem.message, *place, "Condition")
    for field in rule:
        if field in _KINDS or field in _PATHS or field in {"Variable", "And", "Or", "Not"}:
            yield foreign(state, field, QueryLanguage.JSONPATH, *place, field)


def _rule(found: Evaluated, top: Mapping[str, Json], *place: Step) -> Iterator[Finding]:
    """A rule with those inside it. Walks without recursion."""
    if "Output" in top:
        yield foreign(found.state, "Output", QueryLanguage.JSONATA, *place, "Output")
    pending: list[tuple[tuple[Step, ...], Json]] = [(place, top)]
    while pending:
        where, rule = pending.pop()
        if not isinstance(rule, Mapping):
            yield in_state(found.state, "wrong-type", "Expected value of type [OBJECT]", *where)
            continue
        if "Next" in rule and rule is not top:
            message = "Only a rule that stands in Choices itself has a Next."
            yield in_state(found.state, "nested-next", message, *where, "Next")
        inner = [key for key in (*_TOGETHER, "Not") if key in rule]
        operators = [key for key in rule if key not in _BESIDES]
        if len(operators) != 1 or (inner and "Variable" in rule):
            yield _compares_badly(found.state, rule, operators, *where)
            continue
        if not inner:
            yield from _comparison(found, rule, operators[0], *where)
        elif inner == ["Not"]:
            pending.append(((*where, "Not"), rule["Not"]))
        else:
            each = rule[inner[0]]
            if not isinstance(each, list) or not each:
                message = "Expected value of type [ARRAY], with one rule at least"
                yield in_state(found.state, "wrong-type", message, *where, inner[0])
                continue
            pending.extend(((*where, inner[0], index), one) for index, one in enumerate(each))


def _compares_badly(
    state: State, rule: Mapping[str, Json], operators: list[str], *place: Step
) -> Finding:
    if not operators and "Variable" not in rule:
        message = "A rule needs Variable and a comparison, or And, Or or Not."
        return in_state(state, "rule-without-variable", message, *place)
    given = ", ".join(operators) or "none"
    message = f"A rule has exactly one comparison, And, Or or Not; this has {given}."
    return in_state(state, "comparison-count", message, *place)


def _comparison(
    found: Evaluated, rule: Mapping[str, Json], operator: str, *place: Step
) -> Iterator[Finding]:
    state, value = found.state, rule[operator]
    if operator not in _KINDS and operator not in _PATHS:
        message = f"Field '{operator}' is not supported"
        yield in_state(state, "unknown-field", message, *place, operator)
        return
    if "Variable" not in rule:
        message = "These fields are required: [Variable]"
        yield in_state(state, "rule-without-variable", message, *place)
    else:
        one_value(found, rule["Variable"], *place, "Variable")
    if operator in _PATHS:
        one_value(found, value, *place, operator)
        return
    kind = _KINDS[operator]
    if kind == "Timestamp" and not (isinstance(value, str) and is_timestamp(value)):
        message = f"{value!r} is no timestamp such as 2026-01-31T12:00:00Z."
        yield in_state(state, "bad-timestamp", message, *place, operator)
    fits = {
        "String": isinstance(value, str),
        "Numeric": is_number(value),
        "Boolean": isinstance(value, bool),
    }
    if not fits.get(kind, True):
        message = f"Expected value of type [{kind.upper()}]"
        yield in_state(state, "wrong-type", message, *place, operator)
