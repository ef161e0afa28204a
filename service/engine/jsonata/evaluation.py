"""Evaluates one expression, within the bounds that Step Functions has, in time besides."""

import copy
import threading
import time
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import jsonata
from jsonata.jexception import JException
from jsonata.parser import Parser

from handrail.engine.errors import text_of
from handrail.engine.virtual_clock import clock

from .dialect import FUNCTIONS
from .exchange import TOO_LARGE, UNDEFINED, NoJsonResult, json_value, library_value
from .messages import message_of
from .reference import ReferenceJsonata, ReferenceParser
from .reference_functions import library_functions
from .regular_expressions import RegularExpression

TIME_LIMIT_S = 10.0
_DEEPEST = 100  # AWS evaluates 100 levels of whatever nests, and no 101
_TOO_DEEP = (
    "Stack overflow error: Check for non-terminating recursive function."
    " Consider rewriting as tail-recursive."
)
_TOO_LONG = "Expression evaluation timeout: Check for infinite loop"
_BOUNDS = (TOO_LARGE, _TOO_DEEP, _TOO_LONG)
_OF_THE_SAME_CONTEXT = (
    "lhs", "rhs", "expression", "expressions", "arguments", "procedure", "condition", "then",
    "_else", "body",
)  # fmt: skip


class QueryFailed(Exception):
    """An expression that has no value. `ending` follows "threw an error during evaluation"."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.ending = f": {problem}" if problem in _BOUNDS else f". {problem}"


def evaluate(
    expression: str,
    variables: Mapping[str, Any],
    *,
    item: Any = UNDEFINED,
    time_limit_s: float = TIME_LIMIT_S,
) -> Any:
    """The expression's value as JSON, or UNDEFINED. `variables` are JSON by name, without `$`.
    Step Functions gives no `item`, which is what a path without a variable begins at.

    Raises QueryFailed, also for what takes too long, nests too deep or grows too large, and
    NoJsonResult for what is, or holds, a function."""
    try:
        parsed = _parsed(expression)
        run: Any = copy.copy(parsed)
        run.parser, run.bounds = _parser(), Bounds(time_limit_s)
        jsonata.Jsonata.CURRENT.jsonata = run
        _of_this_thread.bounds = run.bounds
        run.environment = _Variables(_root, variables)
        run.timestamp = round(clock.time() * 1000)
        frame = run.create_frame(run.environment)
        given = None if item is UNDEFINED else library_value(item)
        frame.bind("$", given)
        return json_value(run.eval(run.ast, given, frame))
    except JException as error:
        raise QueryFailed(message_of(error)) from error
    except NoJsonResult:
        raise
    except RecursionError as error:
        raise QueryFailed(_TOO_DEEP) from error
    except Exception as error:  # the library's functions let Python's through
        raise QueryFailed(text_of(error)) from error
    finally:
        _of_this_thread.bounds = None


@lru_cache(1024)
def reads_the_context(expression: str) -> bool:
    """True where `$` is the input of the whole, which Step Functions forbids, and not the item of a
    predicate or path. False for what can't be parsed."""
    try:
        return _at_the_top(_parsed(expression).ast)
    except Exception:  # the evaluation's to report
        return False


def _at_the_top(node: Any) -> bool:
    if isinstance(node, list | tuple):
        return any(map(_at_the_top, node))
    if not isinstance(node, Parser.Symbol):
        return False
    if node.type == "path":
        return _at_the_top(node.steps[0])
    if node.type == "variable" and node.value in ("", "$"):
        return True
    return any(_at_the_top(getattr(node, name, None)) for name in _OF_THE_SAME_CONTEXT)


class Bounds:
    """Counts an evaluation's depth, and looks at the clock. What is evaluated beside something else
    isn't counted, as in the reference implementation's own example of such bounds."""

    def __init__(self, time_limit_s: float) -> None:
        self._until = time.monotonic() + time_limit_s
        self._depth = 0

    def enter(self, counted: bool) -> None:
        self._depth += counted
        if self._depth > _DEEPEST:
            raise JException(_TOO_DEEP, -1)
        self.left()

    def leave(self, counted: bool) -> None:
        self._depth -= counted

    def left(self) -> float:
        """In seconds. Raises JException where none are."""
        if (seconds := self._until - time.monotonic()) <= 0:
            raise JException(_TOO_LONG, -1)
        return seconds


class _Variables(jsonata.Jsonata.Frame):  # type: ignore[misc] # the library has no types
    """Variables are handed over as they are asked for."""

    def __init__(self, parent: Any, variables: Mapping[str, Any]) -> None:
        super().__init__(parent)
        self._variables = variables

    def lookup(self, name: str) -> Any:
        if name in self._variables and name not in self.bindings:
            self.bind(name, library_value(self._variables[name]))
        return super().lookup(name)


class _OfThisThread(threading.local):
    parser: ReferenceParser | None = None
    bounds: Bounds | None = None


_of_this_thread = _OfThisThread()
_root = jsonata.Jsonata.Frame(None)
_root.bindings.update(library_functions() | FUNCTIONS)


def _parser() -> ReferenceParser:
    if _of_this_thread.parser is None:
        _of_this_thread.parser = ReferenceParser()
    return _of_this_thread.parser


def _left() -> float:
    bounds = _of_this_thread.bounds
    return bounds.left() if bounds else TIME_LIMIT_S


_regular_expression = partial(RegularExpression, left=_left)


@lru_cache(1024)
def _parsed(expression: str) -> ReferenceJsonata:
    try:
        return ReferenceJsonata(expression, _regular_expression, ReferenceParser())
    except KeyError as error:  # the library's, as IndexError is
        raise JException("S0204", -1, error.args[0]) from error
    except IndexError as error:
        raise JException("S0106", -1) from error
