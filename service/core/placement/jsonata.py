"""JSONata expressions, as far as the token is concerned.

Reads what people write around `$states.context.Task.Token`: joining, objects and arrays, the
common functions, bindings and conditions. An expression beyond that (a lambda, a transform)
carries the token if it names it.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from .jsonata_calls import call, singled
from .nodes import (
    NOTHING,
    TASK_TOKEN,
    AnyOf,
    Concat,
    Fields,
    Items,
    Node,
    Nothing,
    Somewhere,
    TokenAt,
    UnreadableError,
    argument_text,
)
from .paths import at_key

_LEXEMES = re.compile(
    r"""\s*(?:/\*.*?\*/\s*)*(?:
      (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    | (?P<variable>\$[A-Za-z_]\w*|\$\$?)
    | (?P<name>[A-Za-z_]\w*|`[^`]*`)
    | (?P<mark>:=|~>|\.\.|!=|<=|>=|\?\?|\?:|\*\*|[-+*/%=<>&?:;,.(){}\[\]^@|])
    | (?P<end>$)
    )""",
    re.VERBOSE | re.DOTALL,
)
_OTHER_STATES = re.compile(
    r"\$states\s*\.\s*(?:input|result|errorOutput|context\s*\.\s*(?!Task\b)\w+)\b"
)
_COMPARING = {"=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "..", "and", "or", "in"}


def read_jsonata(text: str) -> Node:
    """The value of what stands between `{%` and `%}`."""
    try:
        reader = _Reader(_lexemes(text))
        node = reader.expression()
        reader.expect("")
    except (UnreadableError, RecursionError):
        return Somewhere() if "$states" in _OTHER_STATES.sub("", text) else NOTHING
    return node


_Read = TypeVar("_Read")


class _Lexeme(NamedTuple):
    kind: str
    text: str


def _lexemes(text: str) -> list[_Lexeme]:
    found: list[_Lexeme] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _LEXEMES.match(text, at)
        if match is None or match.lastgroup is None:
            raise UnreadableError
        found.append(_Lexeme(match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Reader:
    """Recursive descent over the lexemes; `_bound` are the variables of the blocks around."""

    def __init__(self, lexemes: list[_Lexeme]) -> None:
        self._lexemes = lexemes
        self._at = 0
        self._bound: dict[str, Node] = {"$states": TokenAt(("context", *TASK_TOKEN))}

    def expression(self) -> Node:
        node = self._operation()
        if self._accept("?"):
            then = self.expression()
            return AnyOf((then, self.expression())) if self._accept(":") else then
        if self._accept("?:") or self._accept("??"):
            return AnyOf((node, self.expression()))
        return node

    def expect(self, mark: str) -> None:
        if not self._accept(mark):
            raise UnreadableError

    def _operation(self) -> Node:
        operands = [self._operand()]
        comparing = False
        while True:
            if self._accept("&"):
                operands.append(self._operand())
            elif self._accept("~>"):
                operands[-1] = self._chained(operands[-1])
            elif self._next.kind != "string" and self._next.text in _COMPARING:
                self._take()
                self._operand()
                comparing = True
            else:
                break
        if comparing:
            return NOTHING
        return operands[0] if len(operands) == 1 else Concat(tuple(map(argument_text, operands)))

    def _chained(self, node: Node) -> Node:
        name = self._take()
        if name.kind != "variable":
            raise UnreadableError
        arguments = self._list(")", self.expression) if self._accept("(") else []
        return call(name.text[1:], [node, *arguments])

    def _operand(self) -> Node:
        while self._accept("-"):
            pass
        node = self._primary()
        while True:
            if self._accept("."):
                node = self._member(node)
            elif self._accept("["):
                if not self._accept("]"):
                    self.expression()
                    self.expect("]")
                node = singled(node)
            else:
                return node

    def _member(self, node: Node) -> Node:
        if self._next.kind in {"name", "string"}:
            return at_key(node, self._take().text.strip("`\"'"))
        made = self._primary()
        return Somewhere() if node.carries() or made.carries() else NOTHING

    def _primary(self) -> Node:
        lexeme = self._take()
        if lexeme.kind == "mark":
            return self._bracketed(lexeme.text)
        if lexeme.kind == "variable":
            return self._variable(lexeme.text)
        if lexeme.kind == "end" or lexeme.text == "function":
            raise UnreadableError
        if lexeme.kind == "string":
            return Nothing(_unquote(lexeme.text))
        known = lexeme.kind == "number" or lexeme.text in {"true", "false", "null"}
        return Nothing(lexeme.text) if known else NOTHING

    def _bracketed(self, mark: str) -> Node:
        if mark == "(":
            return self._block()
        if mark == "[":
            return Items(tuple(self._list("]", self.expression)))
        if mark == "{":
            return self._object()
        raise UnreadableError

    def _variable(self, name: str) -> Node:
        if self._accept("("):
            return call(name[1:], self._list(")", self.expression))
        return self._bound.get(name, NOTHING)

    def _block(self) -> Node:
        outer = dict(self._bound)
        node: Node = NOTHING
        while not self._accept(")"):
            name = self._next.text
            node = self.expression()
            if self._accept(":="):
                node = self.expression()
                self._bound[name] = node
            if not self._accept(";") and self._next.text != ")":
                raise UnreadableError
        self._bound = outer
        return node

    def _object(self) -> Node:
        pairs = self._list("}", self._pair)
        if all(key is not None for key, _ in pairs):
            return Fields(tuple((key or "", node) for key, node in pairs))
        return Somewhere() if any(node.carries() for _, node in pairs) else NOTHING

    def _pair(self) -> tuple[str | None, Node]:
        key = self.expression()
        self.expect(":")
        return (key.text if isinstance(key, Nothing) else None), self.expression()

    def _list(self, close: str, read: Callable[[], _Read]) -> list[_Read]:
        found: list[_Read] = []
        while not self._accept(close):
            found.append(read())
            if not self._accept(",") and self._next.text != close:
                raise UnreadableError
        return found

    @property
    def _next(self) -> _Lexeme:
        return self._lexemes[self._at]

    def _take(self) -> _Lexeme:
        lexeme = self._next
        self._at = min(self._at + 1, len(self._lexemes) - 1)
        return lexeme

    def _accept(self, text: str) -> bool:
        if self._next.kind == "string" or self._next.text != text:
            return False
        self._take()
        return True


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", _unescape, text[1:-1], flags=re.DOTALL)


def _unescape(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1])
