"""Finds what a path leads to, and puts a value where one leads."""

import copy
from collections.abc import Iterator
from typing import Any

from .path_filters import FilterScope, holds
from .path_functions import called
from .path_steps import (
    All,
    Call,
    Descent,
    Elements,
    Filter,
    Members,
    Path,
    Range,
    Step,
    is_definite,
)
from .path_syntax import parse_path


class NothingThere(LookupError):
    """A path that can find one place only found nothing, or an index leads into what is no list."""


class NoPlace(ValueError):
    """A value can't be put there."""


def read(path: str, data: Any) -> Any:
    """The value at the one place that the path can find; of any other path the list of what it
    found, of one or of none too. Raises MalformedPath, LookupError."""
    return find(parse_path(path), data, data)


def find(path: Path, current: Any, root: Any) -> Any:
    """`current` stands for `@`."""
    start = root if path.from_root else current
    steps = path.steps
    if steps and isinstance(call := steps[-1], Call):
        before = find(Path(path.from_root, steps[:-1]), current, root)
        scope = FilterScope(current, root, _operand)
        return called(call.name, before, [_operand(each, scope) for each in call.arguments])
    found = list(_Walk(steps, root).values(0, start, certain=True))
    if not path.definite:
        return found
    if not found:
        raise NothingThere
    return found[0]


def past_the_end(path: str, data: Any) -> bool:
    """True where the path is to one item of a list that is there, but not as long."""
    steps = parse_path(path).steps
    match steps[-1:]:
        case (Elements((index,)),):
            before = Path(True, steps[:-1])
        case _:
            return False
    try:
        values = find(before, data, data) if before.definite else None
    except NothingThere:
        return False
    return isinstance(values, list) and not -len(values) <= index < len(values)


def put(path: str, data: Any, value: Any) -> Any:
    """A copy of the data with the value there, objects made on the way to it. Raises
    MalformedPath, and NoPlace where the path isn't to one place, where something else than an
    object or a list is in the way, or an index is past the list's end."""
    steps = parse_path(path).steps
    return _put(steps, data, value)


def _put(steps: tuple[Step, ...], data: Any, value: Any) -> Any:
    if not steps:
        return copy.deepcopy(value)
    match steps[0], data:
        case Members((name,)), dict():
            return data | {name: _put(steps[1:], data.get(name, {}), value)}
        case Elements((index,)), list() if -len(data) <= index < len(data):
            changed = list(data)
            changed[index] = _put(steps[1:], data[index], value)
            return changed
    raise NoPlace


class _Walk:
    def __init__(self, steps: tuple[Step, ...], root: Any) -> None:
        self._steps = steps
        self._root = root

    def values(self, at: int, value: Any, *, certain: bool) -> Iterator[Any]:
        """What the steps from `at` on find. While the way there is `certain`, an index into what
        is no list is an error; after that it is skipped, as what isn't there is."""
        if at == len(self._steps):
            yield value
            return
        step = self._steps[at]
        if isinstance(step, Descent):
            for below in _below(value):
                yield from self._step(step.step, at, below, certain=False)
            return
        yield from self._step(step, at, value, certain=certain)

    def _step(self, step: Step, at: int, value: Any, *, certain: bool) -> Iterator[Any]:
        last = at + 1 == len(self._steps)
        if isinstance(step, Members) and last and len(step.names) > 1 and isinstance(value, dict):
            yield {name: value[name] for name in step.names if name in value}
            return
        if certain and isinstance(step, Elements | Range) and not isinstance(value, list):
            raise NothingThere
        certain = certain and is_definite(step, last=last)
        for found in self._found(step, value):
            yield from self.values(at + 1, found, certain=certain)

    def _found(self, step: Step, value: Any) -> Iterator[Any]:
        match step, value:
            case Members(names), dict():
                yield from (value[name] for name in names if name in value)
            case Elements(indices), list():
                size = len(value)
                yield from (value[index] for index in indices if -size <= index < size)
            case Range(start, stop, step_), list():
                yield from value[start:stop:step_]
            case All(), dict():
                yield from value.values()
            case All(), list():
                yield from value
            case Filter(predicate), list() | dict():
                each = value if isinstance(value, list) else [value]
                yield from (
                    one for one in each if holds(predicate, FilterScope(one, self._root, _operand))
                )


def _operand(operand: Any, scope: FilterScope) -> Any:
    """Raises NothingThere."""
    if isinstance(operand, Path):
        return find(operand, scope.current, scope.root)
    return operand.value


def _below(value: Any) -> Iterator[Any]:
    """The value itself and everything in it, each before what is in it."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, dict):
            waiting.extend(reversed(list(one.values())))
        elif isinstance(one, list):
            waiting.extend(reversed(one))
