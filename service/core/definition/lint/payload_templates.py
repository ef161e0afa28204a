"""Checks what fields hold that are evaluated: paths, payload templates with their intrinsic
functions, and JSONata expressions; and tells which variables they read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from handrail.core.definition.definition import QueryLanguage, State
from handrail.core.json_path.path_syntax import MalformedPath
from handrail.core.json_path.references import Reference, parse_reference
from handrail.core.models import Json

from .findings import Finding, Step, in_state
from .intrinsics import read_intrinsic
from .jsonata_expressions import MEMBERS, expression_in, is_half, read_expression

_PATHS = ("InputPath", "OutputPath")
_ONE_PLACE = (
    "ItemsPath", "SecondsPath", "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath",
)  # fmt: skip
_NUMBERS = (
    ("MaxConcurrencyPath",),
    ("ToleratedFailureCountPath",),
    ("ToleratedFailurePercentagePath",),
    ("ItemReader", "ReaderConfig", "MaxItemsPath"),
    ("ItemBatcher", "MaxItemsPerBatchPath"),
    ("ItemBatcher", "MaxInputBytesPerBatchPath"),
)
_TEMPLATES = (
    ("Parameters",), ("ResultSelector",), ("ItemSelector",), ("Credentials",),
    ("ItemReader", "Parameters"), ("ResultWriter", "Parameters"), ("ItemBatcher", "BatchInput"),
)  # fmt: skip
_TEXTS_OF_FUNCTIONS = ("ErrorPath", "CausePath")
_NOT_JSONATA = {
    "Comment", "Next", "Default", "Resource", "ErrorEquals", "Retry", "Credentials", "CSVHeaders",
    "Type", "QueryLanguage", "Branches", "ItemProcessor", "Iterator", "Label", "End",
}  # fmt: skip
"""AWS takes what stands between {% and %} there as text."""
_PAYLOADS = {"Arguments", "Assign", "Output", "ItemSelector", "BatchInput"}
MOST_OF_A_VARIABLE = 80


@dataclass(slots=True)
class Evaluated:
    """What a state's evaluated fields hold: `reads` where each variable is read first."""

    state: State
    findings: list[Finding] = field(default_factory=list)
    reads: dict[str, tuple[Step, ...]] = field(default_factory=dict)

    def complain(self, rule: str, message: str, *place: Step) -> None:
        self.findings.append(in_state(self.state, rule, message, *place))

    def read(self, variables: Iterable[str], *place: Step) -> None:
        for name in variables:
            self.reads.setdefault(name, place)


def evaluated(state: State) -> Evaluated:
    found = Evaluated(state)
    if state.query_language is QueryLanguage.JSONATA:
        _Expressions(found).check()
    else:
        _json_path_fields(found)
    for place, names in assignments(state):
        _names(found, names, *place)
    return found


def assignments(state: State) -> Iterator[tuple[tuple[Step, ...], Mapping[str, Json]]]:
    """Where the state, its rules and its Catches assign variables, and the variables."""
    if isinstance(own := state.raw.get("Assign"), Mapping):
        yield ("Assign",), own
    for key in ("Choices", "Catch"):
        inner = state.raw.get(key)
        for index, each in enumerate(inner if isinstance(inner, list) else ()):
            if isinstance(each, Mapping) and isinstance(names := each.get("Assign"), Mapping):
                yield (key, index, "Assign"), names


def variable_named(key: str) -> str:
    return key.removesuffix(".$")


def _names(found: Evaluated, names: Mapping[str, Json], *place: Step) -> None:
    for key in names:
        name = variable_named(key)
        if name in {"", "states"} or len(name) > MOST_OF_A_VARIABLE:
            message = (
                f"{name!r} can't be a variable: 1 to {MOST_OF_A_VARIABLE} characters, no states."
            )
            found.complain("reserved-variable", message, *place, key)
        elif not name.isidentifier():
            message = f"No expression can say ${name}: names have letters, digits and _."
            found.complain("doubtful-variable-name", message, *place, key)


def _json_path_fields(found: Evaluated) -> None:
    raw = found.state.raw
    for key in _PATHS:
        if raw.get(key) is not None:
            _path(found, raw[key], key)
    for key in _ONE_PLACE:
        if key in raw:
            one_value(found, raw[key], key)
    for place in _NUMBERS:
        _reference(found, _at(raw, place), *place)
    _reference(found, raw.get("ResultPath"), "ResultPath", variables=False)
    for key in _TEXTS_OF_FUNCTIONS:
        if isinstance(text := raw.get(key), str):
            _path_or_function(found, text, key)
    for place in _TEMPLATES:
        template(found, _at(raw, place), *place)
    for where, names in assignments(found.state):
        template(found, names, *where)
    _catches(found)


def _catches(found: Evaluated) -> None:
    handlers = found.state.raw.get("Catch")
    for index, each in enumerate(handlers if isinstance(handlers, list) else ()):
        if isinstance(each, Mapping):
            value = each.get("ResultPath")
            _reference(found, value, "Catch", index, "ResultPath", variables=False)


def _at(raw: Mapping[str, Json], place: tuple[str, ...]) -> Json:
    value: Json = raw
    for key in place:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def one_value(found: Evaluated, value: Json, *place: Step) -> None:
    """A path of this field, of which one value is needed."""
    if (path := _path(found, value, *place)) and not path.below.names_one_place:
        message = f"{value} may find several values, or none, where one is needed."
        found.complain("not-a-reference-path", message, *place)


def _path(found: Evaluated, value: Json, *place: Step) -> Reference | None:
    if not isinstance(value, str):
        found.complain("wrong-type", f"{place[-1]} must be a path.", *place)
        return None
    try:
        path = parse_reference(value)
    except MalformedPath as error:
        message = f"Value must be a valid JSONPath: {error}."
        found.complain("malformed-path", message, *place)
        return None
    _reads(found, path, *place)
    return path


def _reads(found: Evaluated, path: Reference, *place: Step) -> None:
    if path.variable:
        found.read([path.variable], *place)


def _reference(found: Evaluated, value: Json, *place: Step, variables: bool = True) -> None:
    """`variables` says whether it may begin with one. None is no path, and none is needed."""
    if value is None or (path := _path(found, value, *place)) is None:
        return
    elsewhere = path.in_context or (path.variable and not variables)
    if elsewhere or not path.below.names_one_place:
        message = f"Value is not a Reference Path: {value}."
        found.complain("malformed-reference-path", message, *place)


def template(found: Evaluated, root: Json, *place: Step) -> None:
    """Checks a payload template: what a key that ends in .$ holds, and that none stands twice."""
    pending: list[tuple[tuple[Step, ...], Json]] = [(place, root)]
    while pending:
        where, value = pending.pop()
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if not key.endswith(".$"):
                    pending.append(((*where, key), inner))
                    continue
                if variable_named(key) in value:
                    message = f"{key} and {variable_named(key)} are one field once evaluated."
                    found.complain("duplicate-template-key", message, *where, key)
                _dynamic(found, inner, *where, key)
        elif isinstance(value, list):
            pending.extend(((*where, index), inner) for index, inner in enumerate(value))


def _dynamic(found: Evaluated, value: Json, *place: Step) -> None:
    if isinstance(value, str):
        _path_or_function(found, value, *place)
        return
    message = (
        f"The value for the field '{place[-1]}' must be a valid JSONPath or a valid intrinsic "
        "function call."
    )
    found.complain("malformed-template", message, *place)


def _path_or_function(found: Evaluated, text: str, *place: Step) -> None:
    must = f"The value for the field '{place[-1]}' must be a valid JSONPath"
    if text.startswith("$"):
        try:
            path = parse_reference(text)
        except MalformedPath as error:
            found.complain("malformed-template", f"{must}: {error}.", *place)
            return
        _reads(found, path, *place)
    elif text.startswith("States."):
        call = read_intrinsic(text, must)
        for rule, message in call.mistakes:
            found.complain(rule, message, *place)
        found.read(call.variables, *place)
    else:
        message = f"{must} or a valid intrinsic function call, not {text!r}."
        found.complain("malformed-template", message, *place)


@dataclass(slots=True)
class _Expressions:
    """Walks a JSONata state's fields for expressions."""

    found: Evaluated

    def check(self) -> None:
        pending: list[tuple[tuple[Step, ...], Json, bool]] = [((), self.found.state.raw, False)]
        while pending:
            place, value, payload = pending.pop()
            if isinstance(value, Mapping):
                for key, inner in value.items():
                    if payload or key not in _NOT_JSONATA:
                        pending.append(((*place, key), inner, payload or key in _PAYLOADS))
            elif isinstance(value, list):
                items = enumerate(value)
                pending.extend(((*place, index), inner, payload) for index, inner in items)
            elif isinstance(value, str):
                self._text(value, place)

    def _text(self, text: str, place: tuple[Step, ...]) -> None:
        if (expression := expression_in(text)) is None:
            if is_half(text):
                message = "An expression begins with {% and ends with %}, with nothing around them."
                self.found.complain("half-jsonata", message, *place)
            return
        reading = read_expression(expression)
        if reading.problem is not None:
            self.found.complain("malformed-jsonata", reading.problem, *place)
            return
        for message in reading.unsupported:
            self.found.complain("unsupported-jsonata", message, *place)
        caught = place[0] == "Catch" and len(place) > 2 and place[2] in {"Output", "Assign"}
        there = MEMBERS if caught else MEMBERS - {"errorOutput"}
        for member in sorted(reading.members - there):
            message = f"Field '$states.{member}' does not exist."
            self.found.complain("unsupported-jsonata", message, *place)
        if "eval" in reading.calls:
            message = "$eval isn't there on Step Functions: the state fails."
            self.found.complain("unsupported-function", message, *place)
        self.found.read(sorted(reading.variables), *place)
