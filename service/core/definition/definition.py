"""Reads a state machine's definition once: every state, its path and its transitions.

Lenient with the Amazon States Language (https://states-language.net): what can be understood is
kept, so that `lint` can report everything that is wrong at once. Only text that isn't JSON, or
whose states can't be found, is refused.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from service.core.errors import FieldError, InvalidDefinition
from service.core.models import Json

LABEL_LENGTH = 80


class QueryLanguage(StrEnum):
    JSONPATH = "JSONPath"
    JSONATA = "JSONata"


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
    """One state, nested or not. `parent` is the Parallel or Map around it, `scope` the index of
    its scope, `path` its position in the document (`States.Fan.Branches[0].States.Pay`).

    `language_declared` is False for a state that inherits its query language from a Map or Parallel
    which differs from the top level: AWS doesn't say which of the two counts then."""

    name: str
    type: str
    raw: Mapping[str, Json]
    path: str
    parent: str | None
    scope: int
    start: bool
    query_language: QueryLanguage
    language_declared: bool
    transitions: tuple[Transition, ...]

    @property
    def end(self) -> bool:
        """True where its scope may be over after this state."""
        return self.type in {"Succeed", "Fail"} or self.raw.get("End") is True

    @property
    def resource(self) -> str:
        """The Task's resource, `""` where there is none."""
        return _text(self.raw.get("Resource")) or ""

    @property
    def waits_for_callback(self) -> bool:
        return self.resource.endswith(".waitForTaskToken")

    @property
    def map_config(self) -> Mapping[str, Json]:
        """A Map's ProcessorConfig, empty where there is none."""
        return _object(_object(self.raw.get("ItemProcessor")).get("ProcessorConfig"))

    @property
    def map_mode(self) -> str | None:
        """INLINE or DISTRIBUTED for a Map, None for anything else."""
        return (_text(self.map_config.get("Mode")) or "INLINE") if self.type == "Map" else None


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """One `States` object: the top level, a branch of a Parallel, or a Map's item processor.
    No transition leaves a scope."""

    path: str
    parent: str | None
    start_at: str | None
    states: Mapping[str, State]


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """`scopes` begin with the top level. `states` is flat; where one name stands in two scopes
    (which AWS refuses), the first wins. `repeated` are the keys that occur twice in one JSON
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
        language = _language(raw) or QueryLanguage.JSONPATH
        scopes: list[Scope] = []
        _read_scope(scopes, raw, "", None, language)
        states: dict[str, State] = {}
        for scope in scopes:
            for name, state in scope.states.items():
                states.setdefault(name, state)
        return cls(text, raw, tuple(scopes), states, language, repeated)

    @property
    def comment(self) -> str | None:
        return _text(self.raw.get("Comment"))

    @property
    def all_states(self) -> Iterator[State]:
        """Every state of every scope, also those whose names repeat."""
        for scope in self.scopes:
            yield from scope.states.values()

    def scopes_in(self, name: str) -> tuple[Scope, ...]:
        """The scopes directly inside a Parallel or a Map, in their order."""
        return tuple(scope for scope in self.scopes if scope.parent == name)


def _load(text: str) -> tuple[Mapping[str, Json], tuple[str, ...]]:
    """The JSON object, and the keys that occur twice in one object."""
    repeated: dict[str, None] = {}

    def collect(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated.update((key, None) for key, count in counts.items() if count > 1)
        return found

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
    scopes: list[Scope],
    raw: Mapping[str, Json],
    path: str,
    around: State | None,
    top: QueryLanguage,
) -> None:
    """Append a scope and those inside it, in document order, the outer ones first."""
    states: dict[str, State] = {}
    parent, inherited = (around.name, around.query_language) if around else (None, top)
    prefix, index = f"{path}." if path else "", len(scopes)
    scopes.append(Scope(path, parent, _text(raw.get("StartAt")), states))
    for name, body in _states_of(raw, f"{prefix}States").items():
        where = f"{prefix}States.{name}"
        language = _language(body)
        states[name] = State(
            name=name,
            type=_text(body.get("Type")) or "",
            raw=body,
            path=where,
            parent=parent,
            scope=index,
            start=raw.get("StartAt") == name,
            query_language=language or inherited,
            language_declared=language is not None or inherited is top,
            transitions=tuple(_transitions(body, where)),
        )
    for state in tuple(states.values()):
        for key, body in _inner_scopes(state.raw):
            _read_scope(scopes, body, f"{state.path}.{key}", state, top)


def _states_of(raw: Mapping[str, Json], where: str) -> Mapping[str, Mapping[str, Json]]:
    states = raw.get("States")
    if not isinstance(states, dict):
        raise _invalid(where, "must be an object of states")
    for name, body in states.items():
        if not isinstance(body, dict):
            raise _invalid(f"{where}.{name}", "must be an object")
    return states


def _inner_scopes(raw: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    branches = raw.get("Branches")
    for index, branch in enumerate(branches if isinstance(branches, list) else ()):
        if isinstance(branch, dict):
            yield f"Branches[{index}]", branch
    for key in ("ItemProcessor", "Iterator"):
        body = raw.get(key)
        if isinstance(body, dict) and "States" in body:
            yield key, body


def _transitions(raw: Mapping[str, Json], path: str) -> Iterator[Transition]:
    if name := _text(raw.get("Next")):
        yield Transition(name, TransitionKind.NEXT, f"{path}.Next")
    for index, rule in enumerate(_objects(raw.get("Choices"))):
        if name := _text(rule.get("Next")):
            where = f"{path}.Choices[{index}].Next"
            label = _text(rule.get("Comment")) or _condition(rule) or None
            yield Transition(name, TransitionKind.CHOICE, where, _shortened(label))
    if name := _text(raw.get("Default")):
        yield Transition(name, TransitionKind.DEFAULT, f"{path}.Default")
    for index, catcher in enumerate(_objects(raw.get("Catch"))):
        if name := _text(catcher.get("Next")):
            where = f"{path}.Catch[{index}].Next"
            errors = catcher.get("ErrorEquals")
            label = ", ".join(map(str, errors)) if isinstance(errors, list) else None
            yield Transition(name, TransitionKind.CATCH, where, _shortened(label))


def _objects(value: Json) -> Iterator[Mapping[str, Json]]:
    """The list's items; what is no object counts as an empty one, so that indices stay true."""
    return map(_object, value if isinstance(value, list) else ())


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _condition(rule: Json) -> str:
    """A choice rule in words: `$.total NumericGreaterThan 100`."""
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


def _shortened(label: str | None) -> str | None:
    if label is None or len(label) <= LABEL_LENGTH:
        return label
    return f"{label[: LABEL_LENGTH - 1]}…"


def _language(raw: Mapping[str, Json]) -> QueryLanguage | None:
    try:
        return QueryLanguage(raw["QueryLanguage"])
    except (KeyError, ValueError):
        return None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _invalid(path: str, message: str) -> InvalidDefinition:
    where = f"The definition's {path}" if path else "The definition"
    errors = [FieldError(path or "definition", message)]
    return InvalidDefinition(f"{where} {message}.", errors=errors)
