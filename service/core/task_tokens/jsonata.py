"""Reads JSONata expressions, as far as the token is concerned: joining, objects, arrays, the common
functions, bindings and conditions. Any other that names the token may carry it anywhere.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from . import nodes
from .nodes import NOTHING, TemplateNode, call

_LEXEMES = re.compile(
    r"""\s*(?:/\*.*?\*/\s*)*(?:
      (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    | (?P<variable>\$[A-Za-z_]\w*|\$\$?)
    | (?P<name>[A-Za-z_]\w*|`[^`]*`)
    | (?P<mark>:=|~>|\.\.|!=|<=|>=|\?\?|\?:|\*\*|[-+*/%=<>&?:;,.(){}\[\]^@|])
    | (?P<end>$)
    | (?P<unknown>.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_OTHER_STATES = re.compile(
    r"\$states\s*\.\s*(?:input|result|errorOutput|context\s*\.\s*(?!Task\b)\w+)\b"
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_COMPARING = {"=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "..", "and", "or", "in"}


def read_jsonata(text: str) -> TemplateNode:
    """The value of what stands between `{%` and `%}`."""
    try:
        reader = _Reader(text)
        node = reader.expression()
        reader.expect("")
    except (ValueError, RecursionError):
        return nodes.Somewhere() if "$states" in _OTHER_STATES.sub("", text) else NOTHING
    return node


class _Lexeme(NamedTuple):
    kind: str
    text: str


class _Reader:
    """Recursive descent over the lexemes; `_bound` are the variables of the blocks around."""

    def __init__(self, text: str) -> None:
        found = _LEXEMES.finditer(text)
        self._lexemes = (_Lexeme(m.lastgroup or "", m[m.lastgroup or 0]) for m in found)
        self._next = next(self._lexemes)
        self._bound: dict[str, TemplateNode] = {"$states": nodes.Field((nodes.TASK,), "context")}

    def expression(self) -> TemplateNode:
        node = self._operation()
        if self._accept("?"):
            then = self.expression()
            return nodes.Composite((then, self.expression())) if self._accept(":") else then
        if self._accept("?:") or self._accept("??"):
            return nodes.Composite((node, self.expression()))
        return node

    def _operation(self) -> TemplateNode:
        operands, comparing = [self._operand()], False
        while True:
            if self._accept("&"):
                operands.append(self._operand())
            elif self._accept("~>"):
                name = self._take()
                if name.kind != "variable":
                    raise ValueError(name.text)
                arguments = self._list(")") if self._accept("(") else ()
                operands[-1] = call(_FUNCTIONS, name.text[1:], [operands[-1], *arguments])
            elif self._next.kind != "string" and self._next.text in _COMPARING:
                self._take()
                self._operand()
                comparing = True
            else:
                break
        if comparing:
            return NOTHING
        return operands[0] if len(operands) == 1 else nodes.Concat(tuple(operands))

    def _operand(self) -> TemplateNode:
        while self._accept("-"):
            pass
        node = self._primary()
        while True:
            if self._accept("."):
                if self._next.kind in {"name", "string"}:
                    node = node.at_key(self._take().text.strip("`\"'"))
                else:
                    node = nodes.Composite((self._primary(), node)).anywhere()
            elif self._accept("["):
                if not self._accept("]"):
                    self.expression()
                    self.expect("]")
                node = _singled(node)
            else:
                return node

    def _primary(self) -> TemplateNode:
        node: TemplateNode = NOTHING
        match self._take():
            case _Lexeme("mark", "("):
                node = self._block()
            case _Lexeme("mark", "["):
                node = nodes.Items(self._list("]"))
            case _Lexeme("mark", "{"):
                node = self._object()
            case _Lexeme("mark" | "end" | "unknown", text) | _Lexeme("name", "function" as text):
                raise ValueError(text)
            case _Lexeme("variable", name) if self._accept("("):
                node = call(_FUNCTIONS, name[1:], self._list(")"))
            case _Lexeme("variable", name):
                node = self._bound.get(name, NOTHING)
            case _Lexeme("string", text):
                node = nodes.Nothing(_ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), text[1:-1]))
            case _Lexeme("number", text) | _Lexeme("name", "true" | "false" | "null" as text):
                node = nodes.Nothing(text)
        return node

    def _block(self) -> TemplateNode:
        outer = dict(self._bound)
        node: TemplateNode = NOTHING
        for _ in self._until(")", ";"):
            name = self._next.text
            node = self.expression()
            if self._accept(":="):
                node = self._bound[name] = self.expression()
        self._bound = outer
        return node

    def _object(self) -> TemplateNode:
        fields: list[TemplateNode] = []
        known = True
        for _ in self._until("}"):
            key = self.expression()
            self.expect(":")
            name = key.text if isinstance(key, nodes.Nothing) else None
            known &= name is not None
            fields.append(nodes.Field((self.expression(),), name or ""))
        made = nodes.Composite(tuple(fields))
        return made if known else made.anywhere()

    def _list(self, close: str) -> tuple[TemplateNode, ...]:
        return tuple(self.expression() for _ in self._until(close))

    def _until(self, close: str, mark: str = ",") -> Iterator[None]:
        """Yields before each item of a list, and reads the marks between them and at its end."""
        while not self._accept(close):
            yield
            if not self._accept(mark) and self._next.text != close:
                raise ValueError(self._next.text)

    def expect(self, mark: str) -> None:
        if not self._accept(mark):
            raise ValueError(self._next.text)

    def _take(self) -> _Lexeme:
        lexeme = self._next
        self._next = next(self._lexemes, lexeme)
        return lexeme

    def _accept(self, text: str) -> bool:
        if self._next.kind == "string" or self._next.text != text:
            return False
        self._take()
        return True


def _singled(node: TemplateNode) -> TemplateNode:
    """An item of the value, whichever: JSONata makes no difference between x and [x]."""
    either = (node, nodes.Items((node,)))
    return nodes.Composite(node.parts if isinstance(node, nodes.Items) else either)


def _append(arguments: Sequence[TemplateNode]) -> TemplateNode:
    items = (each.parts if isinstance(each, nodes.Items) else (each,) for each in arguments)
    return nodes.Items(tuple(chain.from_iterable(items)))


def _join(arguments: Sequence[TemplateNode]) -> TemplateNode:
    texts, separator = (*arguments, nodes.Nothing(""))[:2]
    if isinstance(texts, nodes.Items):
        parts = chain.from_iterable((separator, item) for item in texts.parts)
        return nodes.Concat(tuple(parts)[1:])
    return nodes.Somewhere() if separator.carries() else _singled(texts)


_TOKENLESS = ("boolean", "contains", "count", "exists", "hash", "length", "not", "type")
_FUNCTIONS: dict[str, nodes.Function] = {
    **dict.fromkeys(_TOKENLESS, lambda _: NOTHING),
    "append": _append,
    "base64decode": "from_base64",
    "base64encode": "base64",
    "decodeUrlComponent": "from_url",
    "encodeUrl": "url",
    "encodeUrlComponent": "url",
    "join": _join,
    "merge": lambda arguments: _singled(arguments[0]),
    "string": "text",
    "trim": lambda arguments: arguments[0],
}
