"""Gives each Lambda function variables of its own in `os.environ`, though all share one process."""

import inspect
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

_VARIABLES: ContextVar[Mapping[str, str]] = ContextVar("variables", default={})  # noqa: B039 never changed


@contextmanager
def own_variables() -> Iterator[None]:
    """Within it, `os.environ` shows a function's variables to what that function calls."""
    before = os.environ
    os.environ = _Environment(before)  # noqa: B003 the process's own stays as it is below it
    try:
        yield
    finally:
        os.environ = before  # noqa: B003 as above


@contextmanager
def variables(given: Mapping[str, str]) -> Iterator[None]:
    """Shows these besides what the caller sees."""
    token = _VARIABLES.set({**_VARIABLES.get(), **given})
    try:
        yield
    finally:
        _VARIABLES.reset(token)


def with_variables(function: Callable[..., Any], given: Mapping[str, str]) -> Callable[..., Any]:
    """The function, plain or async, that sees these variables while it runs."""
    if not given:
        return function

    @wraps(function)
    def call(*arguments: Any) -> Any:
        with variables(given):
            answer = function(*arguments)
        return _awaited(answer, given) if inspect.iscoroutine(answer) else answer

    return call


async def _awaited(answer: Awaitable[Any], given: Mapping[str, str]) -> Any:
    with variables(given):
        return await answer


class _Environment(os._Environ[str]):
    """The process's, below a function's own."""

    def __init__(self, process: "os._Environ[str]") -> None:
        self._process = process
        vars(self).update(vars(process))

    def __getitem__(self, key: str) -> str:
        own = _VARIABLES.get()
        return own[key] if key in own else self._process[key]

    def __iter__(self) -> Iterator[str]:
        own = _VARIABLES.get()
        yield from own
        yield from (name for name in self._process if name not in own)

    def __len__(self) -> int:
        return sum(1 for _ in self)
