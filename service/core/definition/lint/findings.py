"""Describes one thing that lint finds in a definition."""

from dataclasses import dataclass

from handrail.core.definition.definition import State

from .rules import RULES, Severity

Step = str | int

__all__ = ["Finding", "Severity", "Step", "in_state", "joined", "on_whole"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What lint says of a definition. `code` is the rule's id, and stable; `path` is dotted from
    the document's root, `""` for all of it; `line` is the definition's text's, from 1 on."""

    code: str
    severity: Severity
    message: str
    state: str | None = None
    path: str = ""
    line: int | None = None


def in_state(state: State, rule: str, message: str, *place: Step) -> Finding:
    """A finding on a state, or on something in it: `"Choices", 0, "Next"`."""
    return Finding(rule, RULES[rule].severity, message, state.name, joined(state.path, *place))


def on_whole(rule: str, message: str, path: str = "", state: str | None = None) -> Finding:
    """A finding on the document, or on the scope inside a state."""
    return Finding(rule, RULES[rule].severity, message, state, path)


def joined(path: str, *place: Step) -> str:
    for step in place:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.lstrip(".")
