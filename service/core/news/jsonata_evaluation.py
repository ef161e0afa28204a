"""Evaluates one JSONata expression by jsonata-python, with the functions that Step Functions adds,
in bounds that don't depend on the time: so many steps, so deep, values of such a size."""

import hashlib
import json
import math
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from jsonata import Jsonata, Utils
from jsonata.functions import Functions
from jsonata.jexception import JException

from handrail.core.errors import InvalidInput
from handrail.core.json_text import JsonText
from handrail.core.models import Json

MOST_STEPS = 50_000
DEEPEST = 100
LARGEST = 1_048_576
"""Characters of a text, and a value's altogether; an item of a list, or a member, is eight."""

MOST_MADE = 64 * LARGEST
"""The same of what all steps give together."""

_TOO_LARGE = "it grows too large"
_ALGORITHMS = ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512")
_NO_TYPE = "T0410"


class RegularExpressionRefused(Exception):
    """It could take any time, whatever the steps."""


def compiled(expression: str) -> Any:
    """Raises RegularExpressionRefused; JException and more for what doesn't parse."""
    return Jsonata(expression, _refuse)


def evaluate(expression: str, states: Mapping[str, Json], *, at_ms: int) -> Json:
    """Its value as JSON, with `$states` as given and `at_ms` as the time. Raises
    InvalidInput, whose text holds no payload."""
    try:
        run = compiled(expression)
        run.timestamp = at_ms
        Jsonata.CURRENT.jsonata = run
        frame = run.create_frame(run.environment)
        bounds = _Bounds()
        own = {**_FUNCTIONS, "reduce": _function("<afj?:j>", bounds.reduce), "eval": None}
        for name, value in {**own, "states": _given(states)}.items():
            frame.bind(name, value)
        bounds.watch(frame)
        return _Taken().value(run.eval(run.ast, None, frame))
    except InvalidInput:
        raise
    except JException as error:
        raise InvalidInput(_worded(error)) from None
    except RecursionError:
        raise InvalidInput("it nests too deep") from None
    except Exception as error:  # the library's functions let Python's through, with values in them
        raise InvalidInput(f"it can't be evaluated ({type(error).__name__})") from None


def _refuse(pattern: str, flags: Any) -> Any:
    raise RegularExpressionRefused


class _Bounds:
    """Counts an evaluation's steps and depth, and looks at the size of what each step gives."""

    def __init__(self) -> None:
        self._steps = self._depth = self._made = 0

    def watch(self, frame: Any) -> None:
        frame.set_evaluate_entry_callback(self._enter)
        frame.set_evaluate_exit_callback(self._leave)

    def _enter(self, expression: Any, input: Any, frame: Any) -> None:
        self._steps += 1
        self._depth += 1
        if self._steps > MOST_STEPS:
            raise InvalidInput(f"it takes more than {MOST_STEPS:,} steps")
        if self._depth > DEEPEST:
            raise InvalidInput("it nests too deep")

    def _leave(self, expression: Any, input: Any, frame: Any, value: Any) -> None:
        self._depth -= 1
        self._count(value)

    def reduce(self, items: Any, function: Any, first: Any = None) -> Any:
        """Functions of the library's own are called without a step: what each call gives counts
        all the same, since what is gathered may grow with each."""
        if not Functions.is_lambda(function):
            function = _Counted(function, self._count)
        return Functions.fold_left(items, function, first)

    def _count(self, value: Any) -> None:
        size = len(value) * (1 if isinstance(value, str) else 8) if _is_sized(value) else 0
        self._made += size
        if size > LARGEST or self._made > MOST_MADE:
            raise InvalidInput(_TOO_LARGE)


class _Counted(Jsonata.JFunction):  # type: ignore[misc]
    """Tells what each call gives."""

    def __init__(self, function: Any, count: Callable[[Any], None]) -> None:
        super().__init__(function, None)
        self.signature, self._count = function.signature, count  # it has so many arguments

    def call(self, input: Any, args: Any) -> Any:
        value = self.function.call(input, args)
        self._count(value)
        return value


def _is_sized(value: Any) -> bool:
    return isinstance(value, str | list | dict)


def _given(value: Json) -> Any:
    """A copy in which null is the library's, and numbers are as Python reads them."""
    match value:
        case None:
            return Utils.NULL_VALUE
        case JsonText():
            return json.loads(value.text)
        case dict():
            return {name: _given(item) for name, item in value.items()}
        case list():
            return [_given(item) for item in value]
        case _:
            return value


class _Taken:
    """Copies one value as JSON, and counts what it holds."""

    def __init__(self) -> None:
        self._left = LARGEST

    def value(self, value: Any) -> Json:
        if value is None:
            raise InvalidInput("it gives nothing")
        self._left -= len(value) if isinstance(value, str) else 8
        if self._left < 0:
            raise InvalidInput(_TOO_LARGE)
        match value:
            case Utils.NULL_VALUE:
                return None
            case bool() | str() | int():
                return value
            case float():
                if not math.isfinite(value):
                    raise InvalidInput("it gives a number that JSON hasn't")
                return int(value) if value.is_integer() and abs(value) < 2**53 else value
            case list():
                return [self.value(item) for item in value]
            case dict():
                return {n: self.value(item) for n, item in value.items() if item is not None}
            case _:
                raise InvalidInput("it gives a function")


def _worded(error: JException) -> str:
    """JSONata's own message without the values in it, which are somebody's payload."""
    template = JException.error_codes.get(error.error)
    if template is None or error.error == "D3137":
        return "it raises an error of its own"
    found = template
    while "{{" in found:
        head, _, rest = found.partition("{{")
        found = f"{head.rstrip()} …{rest.partition('}}')[2].lstrip('}')}"
    return f"{found} ({error.error})"


def _partition(items: Any, size: Any) -> Any:
    if items is None or size is None:
        return None
    if not isinstance(items, list) or not _whole(size) or size < 1:
        raise JException(_NO_TYPE, -1, 2, "partition")
    return [list(items[start : start + size]) for start in range(0, len(items), size)] or None


def _range(first: Any, last: Any, step: Any) -> Any:
    if not (_whole(first) and _whole(last) and _whole(step) and step):
        raise JException(_NO_TYPE, -1, 1, "range")
    if (last - first) // step >= LARGEST // 8:
        raise InvalidInput(_TOO_LARGE)
    return list(range(first, last + (1 if step > 0 else -1), step))


def _hash(text: Any, algorithm: Any = "SHA-256") -> Any:
    if text is None:
        return None
    if not isinstance(text, str) or algorithm not in _ALGORITHMS:
        raise JException(_NO_TYPE, -1, 2, "hash")
    name = algorithm.replace("-", "").lower()
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _parse(text: Any) -> Any:
    if text is None:
        return None
    if not isinstance(text, str):
        raise JException(_NO_TYPE, -1, 1, "parse")
    return _given(json.loads(text, object_pairs_hook=_members))


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(members := dict(pairs)) < len(pairs):
        raise ValueError("a member is there twice")
    return members


def _pad(text: Any, width: Any = None, filler: Any = None) -> Any:
    if isinstance(width, int | float) and abs(width) > LARGEST:
        raise InvalidInput(_TOO_LARGE)
    return Functions.pad(text, width, filler)


def _join(texts: Any, between: Any = None) -> Any:
    if texts and between and len(texts) * len(between) > LARGEST:
        raise InvalidInput(_TOO_LARGE)
    return Functions.join(texts, between)


def _replace(text: Any, pattern: Any, by: Any = None, limit: Any = None) -> Any:
    texts = all(isinstance(each, str) for each in (text, pattern, by))
    if texts and pattern and text.count(pattern) * len(by) > LARGEST:
        raise InvalidInput(_TOO_LARGE)
    return Functions.replace(text, pattern, by, limit)


def _distinct(items: Any) -> Any:
    """In a time that grows as the list does; the library's compares each with each."""
    if not isinstance(items, list) or len(items) <= 1:
        return items
    first = dict[Hashable, Any]()
    for item in items:
        first.setdefault(_identity(item), item)
    found = Utils.create_sequence() if isinstance(items, Utils.JList) else []
    found.extend(first.values())
    return found


def _identity(value: Any) -> Hashable:
    """Equal for values that JSONata holds to be equal: 1 is no true."""
    match value:
        case list():
            return tuple(map(_identity, value))
        case dict():
            return frozenset((name, _identity(item)) for name, item in value.items())
        case bool():
            return bool, value
        case _:
            return value if isinstance(value, Hashable) else id(value)


def _spread(value: Any) -> Any:
    """As `_distinct`."""
    if not isinstance(value, list):
        return Functions.spread(value)
    parts = (part for item in value if (part := _spread(item)) is not None)
    listed = (part if isinstance(part, list) else [part] for part in parts)
    found = Utils.JList(item for part in listed for item in part)
    return found or Utils.create_sequence()


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _function(signature: str, function: Any) -> Any:
    return Jsonata.JFunction(Jsonata.JLambda(function), signature)


_FUNCTIONS = {
    "distinct": _function("<x:x>", _distinct),
    "spread": _function("<x-:a<o>>", _spread),
    "partition": _function("<x?x?:x>", _partition),
    "range": _function("<x?x?x?:x>", _range),
    "hash": _function("<x?x?:x>", _hash),
    "parse": _function("<x?:x>", _parse),
    "pad": _function("<s-ns?:s>", _pad),
    "join": _function("<a<s>s?:s>", _join),
    "replace": _function("<s-(sf)(sf)n?:s>", _replace),
}
