"""Reads JSONata expressions, as far as the token is concerned.

Knows what people write around `$states.context.Task.Token`: joining, objects and arrays, the
common functions, bindings and conditions. An expression beyond that (a lambda, a transform)
carries the token if it names it.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from .nodes import (
    NOTHING,
    AnyOf,
    Concat,
    Fields,
    Function,
    Items,
    Nothing,
    Somewhere,
    TemplateNode,
    TokenAt,
    UnreadableError,
    at_key,
    call,
)

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
    except (UnreadableError, RecursionError):
        return Somewhere() if "$states" in _OTHER_STATES.sub("", text) else NOTHING
    return node


class _Lexeme(NamedTuple):
    kind: str
    text: str


class _Reader:
    """Recursive descent over the lexemes; `_bound` are the variables of the blocks around."""

    def __init__(self, text: str) -> None:
        found = _LEXEMES.finditer(text)
        self._lexemes = [_Lexeme(each.lastgroup or "", each[each.lastgroup or 0]) for each in found]
        self._at = 0
        self._bound: dict[str, TemplateNode] = {"$states": TokenAt(("context", "Task", "Token"))}

    def expression(self) -> TemplateNode:
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

    def _operation(self) -> TemplateNode:
        operands = [self._operand()]
        comparing = False
        while True:
            if self._accept("&"):
                operands.append(self._operand())
            elif self._accept("~>"):
                name = self._take()
                if name.kind != "variable":
                    raise UnreadableError
                arguments = self._list(")") if self._accept("(") else []
                operands[-1] = call(_FUNCTIONS, name.text[1:], [operands[-1], *arguments])
            elif self._next.kind != "string" and self._next.text in _COMPARING:
                self._take()
                self._operand()
                comparing = True
            else:
                break
        if comparing:
            return NOTHING
        return operands[0] if len(operands) == 1 else Concat.of(operands)

    def _operand(self) -> TemplateNode:
        while self._accept("-"):
            pass
        node = self._primary()
        while True:
            if self._accept("."):
                if self._next.kind in {"name", "string"}:
                    node = at_key(node, self._take().text.strip("`\"'"))
                else:
                    carries = self._primary().carries() or node.carries()
                    node = Somewhere() if carries else NOTHING
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
                node = Items(tuple(self._list("]")))
            case _Lexeme("mark", "{"):
                node = self._object()
            case _Lexeme("mark" | "end" | "unknown", _) | _Lexeme("name", "function"):
                raise UnreadableError
            case _Lexeme("variable", name) if self._accept("("):
                node = call(_FUNCTIONS, name[1:], self._list(")"))
            case _Lexeme("variable", name):
                node = self._bound.get(name, NOTHING)
            case _Lexeme("string", text):
                node = Nothing(_ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), text[1:-1]))
            case _Lexeme("number", text) | _Lexeme("name", "true" | "false" | "null" as text):
                node = Nothing(text)
        return node

    def _block(self) -> TemplateNode:
        outer = dict(self._bound)
        node: TemplateNode = NOTHING
        while not self._accept(")"):
            name = self._next.text
            node = self.expression()
            if self._accept(":="):
                node = self.expression()
                self._bound[name] = node
            self._separate(";", ")")
        self._bound = outer
        return node

    def _object(self) -> TemplateNode:
        fields: list[tuple[str, TemplateNode]] = []
        known = True
        while not self._accept("}"):
            key = self.expression()
            self.expect(":")
            name = key.text if isinstance(key, Nothing) else None
            known &= name is not None
            fields.append((name or "", self.expression()))
            self._separate(",", "}")
        if known:
            return Fields.of(fields)
        return Somewhere() if any(node.carries() for _, node in fields) else NOTHING

    def _list(self, close: str) -> list[TemplateNode]:
        found: list[TemplateNode] = []
        while not self._accept(close):
            found.append(self.expression())
            self._separate(",", close)
        return found

    def _separate(self, mark: str, close: str) -> None:
        if not self._accept(mark) and self._next.text != close:
            raise UnreadableError

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


def _singled(node: TemplateNode) -> TemplateNode:
    """An item of the value, whichever: JSONata makes no difference between x and [x]."""
    return AnyOf(node.parts if isinstance(node, Items) else (node, Items((node,))))


def _append(arguments: Sequence[TemplateNode]) -> TemplateNode:
    items: list[TemplateNode] = []
    for argument in arguments:
        items += argument.parts if isinstance(argument, Items) else (argument,)
    return Items(tuple(items))


def _join(arguments: Sequence[TemplateNode]) -> TemplateNode:
    texts, *rest = arguments
    separator = rest[0] if rest else Nothing("")
    if not isinstance(texts, Items):
        return _singled(texts) if not separator.carries() else Somewhere()
    parts: list[TemplateNode] = []
    for item in texts.parts:
        parts += (separator, item)
    return Concat.of(parts[1:])


_TOKENLESS = ("boolean", "contains", "count", "exists", "hash", "length", "not", "type")
_FUNCTIONS: dict[str, Function] = {
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
