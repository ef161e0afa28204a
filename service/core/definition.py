"""A state machine's definition, read once: every state, where it stands and where it leads.

Reads the Amazon States Language leniently (https://states-language.net): what can be understood
is kept, so that `lint` can say everything that is wrong at once. Only text that isn't JSON, or
whose states can't be found, is refused.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from .errors import FieldError, InvalidDefinition
from .labels import rule_label, shortened
from .models import Json


class QueryLanguage(StrEnum):
    JSONPATH = "JSONPath"
    JSONATA = "JSONata"


class TargetKind(StrEnum):
    NEXT = "next"
    CHOICE = "choice"
    DEFAULT = "default"
    CATCH = "catch"


@dataclass(frozen=True, slots=True)
class Target:
    """One way out of a state: to which state, and what a person would write on the arrow."""

    state: str
    kind: TargetKind
    path: str
    label: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """One state, wherever it is nested.

    `parent` is the Parallel or Map around it, `path` where it stands in the document
    (`States.Fan.Branches[0].States.Pay`). `language_declared` is False for a state that inherits
    its query language from a Map or Parallel which differs from the top level: AWS doesn't say
    which of the two holds then.
    """

    name: str
    type: str
    raw: Mapping[str, Json]
    path: str
    parent: str | None
    scope: int
    start: bool
    query_language: QueryLanguage
    language_declared: bool
    targets: tuple[Target, ...]

    @property
    def end(self) -> bool:
        """Whether its scope may be over after this state."""
        return self.type in {"Succeed", "Fail"} or self.raw.get("End") is True

    @property
    def resource(self) -> str:
        """The Task's resource, `""` where there is none."""
        return _text(self.raw.get("Resource")) or ""

    @property
    def waits_for_callback(self) -> bool:
        return self.resource.endswith(".waitForTaskToken")


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """One `States` object: the top level, a branch of a Parallel, or a Map's item processor.

    No transition leaves a scope.
    """

    path: str
    parent: str | None
    raw: Mapping[str, Json]
    states: Mapping[str, State]

    @property
    def start_at(self) -> str | None:
        return _text(self.raw.get("StartAt"))


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """`states` is flat; where one name stands in two scopes (which AWS refuses), the first wins.
    `repeated` are the keys one JSON object held twice, of which JSON readers keep the last."""

    text: str
    raw: Mapping[str, Json]
    scopes: tuple[Scope, ...]
    states: Mapping[str, State]
    query_language: QueryLanguage
    repeated: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a definition's JSON text. Raises InvalidDefinition."""
        repeated: list[str] = []
        raw = _load(text, repeated)
        language = _language(raw) or QueryLanguage.JSONPATH
        reader = _Reader(language)
        reader.read_scope(raw, path="", parent=None, language=language, declared=True)
        states: dict[str, State] = {}
        for scope in reader.scopes:
            for name, state in scope.states.items():
                states.setdefault(name, state)
        return cls(
            text,
            raw,
            tuple(reader.scopes),
            MappingProxyType(states),
            language,
            tuple(dict.fromkeys(repeated)),
        )

    @property
    def comment(self) -> str | None:
        return _text(self.raw.get("Comment"))

    @property
    def top(self) -> Scope:
        return self.scopes[0]

    @property
    def all_states(self) -> Iterator[State]:
        """Every state of every scope, also those whose names repeat."""
        for scope in self.scopes:
            yield from scope.states.values()

    def scopes_in(self, name: str) -> tuple[Scope, ...]:
        """The scopes directly inside a Parallel or a Map, in their order."""
        return tuple(scope for scope in self.scopes if scope.parent == name)


class _Reader:
    """Collects scopes in document order, the outer ones first."""

    def __init__(self, top: QueryLanguage) -> None:
        self.scopes: list[Scope] = []
        self._top = top

    def read_scope(
        self,
        raw: Mapping[str, Json],
        *,
        path: str,
        parent: str | None,
        language: QueryLanguage,
        declared: bool,
    ) -> None:
        index = len(self.scopes)
        states: dict[str, State] = {}
        self.scopes.append(Scope(path, parent, raw, MappingProxyType(states)))
        for name, body in _states_of(raw, path).items():
            where = _join(path, f"States.{name}")
            own = _language(body)
            states[name] = State(
                name=name,
                type=_text(body.get("Type")) or "",
                raw=body,
                path=where,
                parent=parent,
                scope=index,
                start=raw.get("StartAt") == name,
                query_language=own or language,
                language_declared=own is not None or declared,
                targets=tuple(_targets(body, where)),
            )
        for state in tuple(states.values()):
            self._read_inside(state)

    def _read_inside(self, state: State) -> None:
        for key, body in _inner_scopes(state.raw):
            self.read_scope(
                body,
                path=_join(state.path, key),
                parent=state.name,
                language=state.query_language,
                declared=state.query_language is self._top,
            )


def _load(text: str, repeated: list[str]) -> Mapping[str, Json]:
    def collect(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated.extend(key for key, count in counts.items() if count > 1)
        return found

    try:
        raw = json.loads(text, object_pairs_hook=collect, parse_constant=_refuse_constant)
    except RecursionError:
        raise _invalid("", "is nested too deeply") from None
    except ValueError as error:
        raise _invalid("", f"is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise _invalid("", "must be a JSON object")
    return raw


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON value")


def _states_of(raw: Mapping[str, Json], path: str) -> Mapping[str, Mapping[str, Json]]:
    states = raw.get("States")
    where = _join(path, "States")
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


def _targets(raw: Mapping[str, Json], path: str) -> Iterator[Target]:
    if name := _text(raw.get("Next")):
        yield Target(name, TargetKind.NEXT, f"{path}.Next")
    for index, rule in enumerate(_objects(raw.get("Choices"))):
        if name := _text(rule.get("Next")):
            where = f"{path}.Choices[{index}].Next"
            yield Target(name, TargetKind.CHOICE, where, rule_label(rule))
    if name := _text(raw.get("Default")):
        yield Target(name, TargetKind.DEFAULT, f"{path}.Default")
    for index, catcher in enumerate(_objects(raw.get("Catch"))):
        if name := _text(catcher.get("Next")):
            errors = catcher.get("ErrorEquals")
            label = ", ".join(map(str, errors)) if isinstance(errors, list) else None
            yield Target(name, TargetKind.CATCH, f"{path}.Catch[{index}].Next", shortened(label))


def _objects(value: Json) -> Iterator[Mapping[str, Json]]:
    """The list's items; what is no object counts as an empty one, so that indices stay true."""
    for item in value if isinstance(value, list) else ():
        yield item if isinstance(item, dict) else {}


def _language(raw: Mapping[str, Json]) -> QueryLanguage | None:
    try:
        return QueryLanguage(raw["QueryLanguage"])
    except (KeyError, ValueError):
        return None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _join(path: str, rest: str) -> str:
    return f"{path}.{rest}" if path else rest


def _invalid(path: str, message: str) -> InvalidDefinition:
    where = f"The definition's {path}" if path else "The definition"
    return InvalidDefinition(
        f"{where} {message}.", errors=[FieldError(path or "definition", message)]
    )
