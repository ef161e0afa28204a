"""What a person would write on the arrows of a definition."""

import json
from collections.abc import Mapping

from .models import Json

LABEL_LENGTH = 80


def rule_label(rule: Mapping[str, Json]) -> str | None:
    """The rule's comment, or its condition: `$.total NumericGreaterThan 100`."""
    comment = rule.get("Comment")
    return shortened(comment if isinstance(comment, str) and comment else _condition(rule) or None)


def shortened(label: str | None) -> str | None:
    """At most 80 characters of it."""
    if label is None or len(label) <= LABEL_LENGTH:
        return label
    return f"{label[: LABEL_LENGTH - 1]}…"


def _condition(rule: Json) -> str:
    if not isinstance(rule, dict):
        return ""
    if isinstance(condition := rule.get("Condition"), str):
        return condition.strip().removeprefix("{%").removesuffix("%}").strip()
    for word in ("And", "Or"):
        if isinstance(parts := rule.get(word), list):
            inner = (f" {word.lower()} ").join(_condition(part) for part in parts)
            return f"({inner})" if "Next" not in rule else inner
    if "Not" in rule:
        return f"not {_condition(rule['Not'])}"
    operator = next((key for key in rule if key not in {"Variable", "Next", "Comment"}), "")
    value = json.dumps(rule[operator]) if operator in rule else ""
    return f"{rule.get('Variable', '')} {operator} {value}".strip()
