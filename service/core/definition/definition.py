"""Reads a state machine's definition once: every state, its path and its transitions.

Lenient with the Amazon States Language (https://states-language.net), so that `lint` can report
everything that is wrong at once: refuses only what isn't JSON, or has no states to be found.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from handrail.core.errors import FieldError, InvalidDefinition
from handrail.core.models import Json

LABEL_LENGTH = 400


class QueryLanguage(StrEnum):
    JSONPATH = "JSONPath"
    JSONATA = "JSONata"


_LANGUAGES = {each.value: each for each in QueryLanguage}


class TransitionKind(StrEnum):
    NEXT = "next"
    CHOICE = "choice"
    DEFAULT = "default"
    CATCH = "catch"


@dataclass(frozen=True, slots=True)
class Transition:
    """One way out of a state: the state it leads to, and a label for its arrow in a graph."""

    state: str
    kind: TransitionKind
    path: str
    label: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """One state. `path` is its position in the document (`States.Fan.Branches[0].States.Pay`).
    `language_declared` is False where a Map or Parallel around it has another query language than
    the top level: AWS doesn't say which of the two counts then."""

    name: str
    type: str
    raw: Mapping[str, Json]
    path: str
    scope: "Scope"
    query_language: QueryLanguage
    language_declared: bool
    transitions: tuple[Transition, ...]

    @property
    def end(self) -> bool:
        return self.type in {"Succeed", "Fail"} or self.raw.get("End") is True

    @property
    def resource(self) -> str:
        return _text(self.raw.get("Resource"))

    @property
    def waits_for_callback(self) -> bool:
        return self.resource.endswith(".waitForTaskToken")

    @property
    def map_mode(self) -> str | None:
        """INLINE or DISTRIBUTED for a Map, None for anything else."""
        return (_text(self._map_config.get("Mode")) or "INLINE") if self.type == "Map" else None

    @property
    def express_children(self) -> bool:
        """True for a distributed Map whose children are Express executions."""
        is_express = self._map_config.get("ExecutionType") == "EXPRESS"
        return self.map_mode == "DISTRIBUTED" and is_express

    @property
    def _map_config(self) -> Mapping[str, Json]:
        return _object(_object(self.raw.get("ItemProcessor")).get("ProcessorConfig"))


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """One `States` object, which no transition leaves: the top level, a branch of a Parallel, or a
    Map's item processor. `parent` is the Parallel or Map around it, `branch` its index in there,
    None at the top. `start_at` is `""` where StartAt is missing."""

    path: str
    parent: str | None
    branch: int | None
    start_at: str
    states: dict[str, State]
    raw: Mapping[str, Json]

    def onward(self, name: str, *, caught: bool = True) -> Iterator[str]:
        """The states of this scope that one leads to, with or without its Catches."""
        for to in self.states[name].transitions:
            if to.state in self.states and (caught or to.kind is not TransitionKind.CATCH):
                yield to.state

    def postorder(self) -> list[str]:
        """The states that can be reached, each after those it leads to, loops aside."""
        order: list[str] = []
        seen: set[str] = set()
        pending = [(self.start_at, False)]
        while pending:
            name, leaving = pending.pop()
            if leaving:
                order.append(name)
            elif name not in seen:
                seen.add(name)
                pending.append((name, True))
                pending.extend((target, False) for target in self.onward(name))
        return order


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """`scopes` begin with the top level. `states` are those of all scopes; where two have the same
    name (which AWS refuses), the first wins. `repeated` are the keys that occur twice in one JSON
    object; JSON readers keep the last."""

    text: str
    raw: Mapping[str, Json]
    scopes: tuple[Scope, ...]
    states: Mapping[str, State]
    query_language: QueryLanguage
    repeated: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a definition's JSON text. Raises InvalidDefinition."""
        raw, repeated = _load(text)
        language = _LANGUAGES.get(_text(raw.get("QueryLanguage")), QueryLanguage.JSONPATH)
        scopes: list[Scope] = []
        top = Scope("", None, None, _text(raw.get("StartAt")), {}, raw)
        _read_scope(scopes, top, language, language)
        states: dict[str, State] = {}
        for scope in scopes:
            for name, state in scope.states.items():
                states.setdefault(name, state)
        return cls(text, raw, tuple(scopes), states, language, repeated)

    @property
    def comment(self) -> str | None:
        comment = self.raw.get("Comment")
        return comment if isinstance(comment, str) else None

    @property
    def all_states(self) -> Iterator[State]:
        """Every state of every scope, also those whose names repeat."""
        for scope in self.scopes:
            yield from scope.states.values()

    def scopes_in(self, name: str) -> tuple[Scope, ...]:
        """The scopes directly inside a Parallel or a Map, in their order."""
        return tuple(scope for scope in self.scopes if scope.parent == name)


def _load(text: str) -> tuple[Mapping[str, Json], tuple[str, ...]]:
    repeated: dict[str, None] = {}

    def collect(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        counts = Counter(key for key, _ in pairs)
        repeated.update(dict.fromkeys(key for key, count in counts.items() if count > 1))
        return dict(pairs)

    try:
        raw = json.loads(text, object_pairs_hook=collect, parse_constant=_refuse_constant)
    except RecursionError:
        raise _invalid("", "is nested too deeply") from None
    except ValueError as error:
        raise _invalid("", f"is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise _invalid("", "must be a JSON object")
    return raw, tuple(repeated)


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON value")


def _read_scope(
    scopes: list[Scope], scope: Scope, inherited: QueryLanguage, top: QueryLanguage
) -> None:
    """Append a scope and those inside it, in document order, the outer ones first."""
    scopes.append(scope)
    where, bodies = f"{scope.path}.States".lstrip("."), scope.raw.get("States")
    if not isinstance(bodies, dict):
        raise _invalid(where, "must be an object of states")
    for name, body in bodies.items():
        path = f"{where}.{name}"
        if not isinstance(body, dict):
            raise _invalid(path, "must be an object")
        declared = _LANGUAGES.get(_text(body.get("QueryLanguage")))
        type, transitions = _text(body.get("Type")), tuple(_transitions(body, path))
        language, certain = declared or inherited, bool(declared) or inherited is top
        scope.states[name] = State(name, type, body, path, scope, language, certain, transitions)
    for state in scope.states.values():
        for branch, (key, body) in enumerate(_inner_scopes(state.raw)):
            path, start_at = f"{state.path}.{key}", _text(body.get("StartAt"))
            inner = Scope(path, state.name, branch, start_at, {}, body)
            _read_scope(scopes, inner, state.query_language, top)


def _inner_scopes(raw: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    for index, branch in enumerate(_list(raw.get("Branches"))):
        if isinstance(branch, dict):
            yield f"Branches[{index}]", branch
    for key in ("ItemProcessor", "Iterator"):
        if "States" in (body := _object(raw.get(key))):
            yield key, body


def _transitions(raw: Mapping[str, Json], path: str) -> Iterator[Transition]:
    ways = [(TransitionKind.NEXT, "Next", raw, "")]
    for index, rule in enumerate(map(_object, _list(raw.get("Choices")))):
        label = _text(rule.get("Comment")) or _condition(rule)
        ways.append((TransitionKind.CHOICE, f"Choices[{index}].Next", rule, label))
    ways.append((TransitionKind.DEFAULT, "Default", raw, ""))
    for index, catcher in enumerate(map(_object, _list(raw.get("Catch")))):
        label = ", ".join(map(str, _list(catcher.get("ErrorEquals"))))
        ways.append((TransitionKind.CATCH, f"Catch[{index}].Next", catcher, label))
    for kind, key, holder, label in ways:
        if target := _text(holder.get("Default" if kind is TransitionKind.DEFAULT else "Next")):
            short = label if len(label) <= LABEL_LENGTH else f"{label[: LABEL_LENGTH - 1]}…"
            yield Transition(target, kind, f"{path}.{key}", short or None)


def _condition(rule: Json) -> str:
    """A choice rule as text: `$.total NumericGreaterThan 100`."""
    if not isinstance(rule, dict):
        return ""
    if isinstance(condition := rule.get("Condition"), str):
        return condition.strip().removeprefix("{%").removesuffix("%}").strip()
    for word in ("And", "Or"):
        if isinstance(parts := rule.get(word), list):
            inner = f" {word.lower()} ".join(map(_condition, parts))
            return f"({inner})" if "Next" not in rule else inner
    if "Not" in rule:
        return f"not {_condition(rule['Not'])}"
    operator = next((key for key in rule if key not in {"Variable", "Next", "Comment"}), "")
    value = json.dumps(rule[operator]) if operator in rule else ""
    return f"{rule.get('Variable', '')} {operator} {value}".strip()


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _invalid(path: str, message: str) -> InvalidDefinition:
    where = f"The definition's {path}" if path else "The definition"
    errors = [FieldError(path or "definition", message)]
    return InvalidDefinition(f"{where} {message}.", errors=errors)
