"""The library's evaluator, where it differs from the reference implementation's."""

import math
from collections.abc import Callable
from copy import copy
from typing import Any

import jsonata
from jsonata import Utils
from jsonata.jexception import JException
from jsonata.parser import Parser

from .exchange import check_size, integral, is_function, library_value
from .reference_functions import string
from .regular_expressions import RegularExpression

_TOKENS = {
    "T0410": "expected",
    "T0411": "expected",
    "T0412": "expected",
    "T2001": "current",
    "T2002": "current",
    "T2009": "extra",
    "T2010": "current",
}
"""Where an error has the name of a function or operator."""


class ReferenceParser(Parser):  # type: ignore[misc] # the library has no types
    """JSONata 2.0's: `?:` and `??` came with 2.1."""

    def __init__(self) -> None:
        super().__init__()
        for operator, unexpected in (("?:", ":"), ("??", "?")):
            self.symbol_table[operator] = _Later(self, operator, unexpected)


class _Later(Parser.Symbol):  # type: ignore[misc] # the library has no types
    def __init__(self, parser: Parser, operator: str, unexpected: str) -> None:
        super().__init__(parser, operator, 40)
        self.lbp = 40
        self._unexpected = unexpected

    def led(self, _left: Any) -> Any:
        raise JException("S0211", self.position, self._unexpected)


class ReferenceJsonata(jsonata.Jsonata):  # type: ignore[misc] # the library has no types
    """Numbers are JavaScript's doubles, `in` tells types apart, and each step is bounded."""

    bounds: Any

    def __init__(self, expression: str, regex_engine: Any, parser: Parser) -> None:
        self.regex_engine, self.parser = regex_engine, parser
        self.ast = parser.parse(expression, regex_engine)
        self.input = self.environment = None

    def eval(self, expr: Any, input: Any, environment: Any) -> Any:
        before = self.environment
        counted = not environment.is_parallel_call
        self.bounds.enter(counted)
        try:
            value = self._eval(expr, input, environment)
        finally:
            self.bounds.leave(counted)
            self.environment = before
        check_size(value)
        return value

    def evaluate_filter(self, predicate: Any, input: Any, environment: Any) -> Any:
        """The library skips a predicate of nothing, and rounds a position towards 0."""
        if input is None:
            self.eval(predicate, None, environment)
        elif predicate.type == "number" and predicate.value != math.floor(predicate.value):
            predicate = copy(predicate)
            predicate.value = math.floor(predicate.value)
        return super().evaluate_filter(predicate, input, environment)

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: str | None) -> Any:
        for value, error in ((lhs, "T2001"), (rhs, "T2002")):
            if value is not None and not Utils.is_numeric(value):
                raise JException(error, -1, op, value)
        if lhs is None or rhs is None:
            return None
        return integral(_calculated(float(lhs), float(rhs), op))

    def evaluate_boolean_expression(self, lhs: Any, evalrhs: Callable[[], Any], op: Any) -> Any:
        """An error on the right is told of the operator, as the reference implementation does."""

        def right() -> Any:
            try:
                return evalrhs()
            except JException as error:
                if place := _TOKENS.get(error.error):
                    setattr(error, place, op)
                raise

        return super().evaluate_boolean_expression(lhs, right, op)

    def evaluate_includes_expression(self, lhs: Any, rhs: Any) -> bool:
        if lhs is None or rhs is None:
            return False
        return any(_same(item, lhs) for item in (rhs if isinstance(rhs, list) else [rhs]))

    def evaluate_equality_expression(self, lhs: Any, rhs: Any, op: str | None) -> bool:
        """The library has true = 1 right, but no infinities."""
        if lhs is None or rhs is None:
            return False
        return bool(Utils.is_deep_equal(lhs, rhs)) is (op == "=")

    def evaluate_string_concat(self, lhs: Any, rhs: Any) -> str:
        return "".join(string(value, None) or "" for value in (lhs, rhs))

    def evaluate_transform_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        transformer = _Transformer(self, expr, environment)
        return jsonata.Jsonata.JFunction(transformer, "<(oa):o>")

    def apply_inner(self, proc: Any, args: Any, input: Any, environment: Any) -> Any:
        if isinstance(proc, RegularExpression):
            return proc.call(input, args)
        if not is_function(proc):
            raise JException("T1006", -1)  # the library writes to the console before it does
        return super().apply_inner(proc, args, input, environment)

    def create_frame(self, enclosing_environment: Any = None) -> Any:
        return _Frame(enclosing_environment)


class _Frame(jsonata.Jsonata.Frame):  # type: ignore[misc] # the library has no types
    def bind(self, name: str, val: Any) -> None:
        """The library gives a function that is bound to a name that name everywhere."""
        self.bindings[name] = val


class _Transformer(jsonata.Jsonata.Transformer):  # type: ignore[misc] # the library has no types
    """The library's copy of what it transforms has undefined for null."""

    def call(self, input: Any, args: Any) -> Any:
        result = super().call(input, args)
        return None if result is None else library_value(result)


def _calculated(left: float, right: float, operator: str | None) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" if right:
            return left / right
        case "/":
            return math.copysign(math.inf, left) * math.copysign(1, right) if left else math.nan
        case _:
            return math.fmod(left, right) if right and math.isfinite(left) else math.nan


def _same(one: Any, other: Any) -> bool:
    """JavaScript's ===."""
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return one is other
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
