"""Reads definitions as JSON means them, and intrinsic functions as they are written.

moto's grammar takes names and paths with the escapes of the definition's JSON: a state written
"Pr\\u00fcfe" was no "Prüfe". It leaves those of a function's text in it, and goes on with half a
function where it can't read the rest."""

import base64
import json
import re
from collections.abc import Callable
from threading import Lock
from typing import Any

from moto.stepfunctions.parser.asl.component.intrinsic.argument.argument import ArgumentLiteral
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.generic import (
    string_format,
)
from moto.stepfunctions.parser.asl.parse.asl_parser import ASLParserException, SyntaxErrorListener
from moto.stepfunctions.parser.asl.parse.intrinsic import intrinsic_parser as antlr

from .patches import replaces, wraps

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_FIELD = re.compile(r"\['(\w+)'\]")
_PIECE = re.compile(r"\\(?P<escaped>.)|(?P<place>\{\})|(?P<brace>[{}])|(?P<plain>.)", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_MOST_CHARACTERS = 10_000
_FUNCTIONS = "component.intrinsic.function.statesfunction"
_one_at_a_time = Lock()


def plain(definition: str) -> str:
    """The same JSON with no more escapes than JSON needs: `\\"`, `\\\\` and control characters.
    Lines and columns of what follows no escape stay as they were."""
    if "\\" not in definition:
        return definition
    return _TEXT.sub(lambda text: json.dumps(json.loads(text[0]), ensure_ascii=False), definition)


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse(original: Callable[[str], Any], definition: str) -> Any:
    """The grammar's caches (antlr4's DFAs) are shared, and written to without a lock."""
    with _one_at_a_time:
        return original(plain(definition))


@replaces("parse.preprocessor:Preprocessor.__init__")
def begin_without_scopes(self: Any) -> None:
    """moto has one list of query languages' scopes for all parses, refused and concurrent ones."""
    self._query_language_per_scope = []


@wraps("parse.preprocessor:Preprocessor._inner_string_of")
def read_escapes(original: Callable[[Any], str | None], parser_rule_context: Any) -> str | None:
    """moto leaves escapes in a name as they are."""
    text = original(parser_rule_context)
    if text is None or "\\" not in text:
        return text
    return str(json.loads(f'"{text}"'))


class IntrinsicText(str):
    """A text in a function's arguments: what it means, and as it was written (`raw`)."""

    raw: str

    def __new__(cls, raw: str) -> "IntrinsicText":
        self = super().__new__(cls, _PIECE.sub(_meant, raw))
        self.raw = raw
        return self

    def __deepcopy__(self, _: Any) -> "IntrinsicText":
        return self


def _meant(piece: re.Match[str]) -> str:
    escaped = piece["escaped"]
    return piece[0] if escaped is None else _CONTROLS.get(escaped, escaped)


@replaces("parse.intrinsic.intrinsic_parser:IntrinsicParser.parse")
def read(source: str) -> Any:
    """A function's tree. Raises ASLParserException where a part of it can't be read."""
    complaints = SyntaxErrorListener()
    text = _FIELD.sub(r".\1", json.loads(f'"{source}"'))
    lexer = antlr.ASLIntrinsicLexer(antlr.InputStream(text))
    parser = antlr.ASLIntrinsicParser(antlr.CommonTokenStream(lexer))
    for reader in (lexer, parser):
        reader.removeErrorListeners()
        reader.addErrorListener(complaints)
    tree = parser.func_decl()
    if complaints.errors:
        raise ASLParserException([f"{text}: {complaint}" for complaint in complaints.errors])
    return antlr.Preprocessor().visit(tree), tree


@replaces("parse.intrinsic.preprocessor:Preprocessor.visitFunc_arg_string")
def read_text(_: Any, ctx: Any) -> ArgumentLiteral:
    """moto leaves the escapes in."""
    return ArgumentLiteral(definition_value=IntrinsicText(ctx.STRING().getText()[1:-1]))


@replaces("parse.intrinsic.preprocessor:Preprocessor.visitFunc_arg_float")
def read_number(_: Any, ctx: Any) -> ArgumentLiteral:
    """moto keeps the number's text."""
    return ArgumentLiteral(definition_value=float(ctx.NUMBER().getText()))


def _evaluates(place: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares that the decorated, given its arguments, evaluates the States function there."""

    def declared(function: Callable[..., Any]) -> Callable[..., Any]:
        def states_function(self: Any, env: Any) -> None:
            self.argument_list.eval(env=env)
            env.stack.append(function(*env.stack.pop()))

        states_function.__doc__ = function.__doc__
        replaces(f"{_FUNCTIONS}.{place}._eval_body")(states_function)
        return function

    return declared


@_evaluates("generic.string_format:StringFormat")
def format_text(template: str, *values: Any) -> str:
    """`{}` stands for the next value, `\\{` and `\\}` for braces; moto leaves them to Python."""
    left = list(values)

    def filled(piece: re.Match[str]) -> str:
        if piece["brace"]:
            raise ValueError(f"a {piece['brace']} that is no {{}} has to be escaped")
        if not piece["place"]:
            return _meant(piece)
        if not left:
            raise ValueError("there are fewer arguments than {}")
        return str(string_format.StringFormat._to_str_repr(left.pop(0)))

    text = _PIECE.sub(filled, getattr(template, "raw", template))
    if left:
        raise ValueError("there are more arguments than {}")
    return text


@_evaluates("array.array_contains:ArrayContains")
def array_contains(array: Any, value: Any) -> bool:
    """moto takes true for 1."""
    return _json(value) in map(_json, _list(array))


@_evaluates("array.array_unique:ArrayUnique")
def array_unique(array: Any) -> list[Any]:
    """moto takes true for 1."""
    return list({_json(value): value for value in _list(array)}.values())


@_evaluates("encoding_decoding.base_64_encode:Base64Encode")
def base64_encode(text: str) -> str:
    """moto knows ASCII alone."""
    return base64.b64encode(_short(text).encode()).decode()


@_evaluates("encoding_decoding.base_64_decode:Base64Decode")
def base64_decode(text: str) -> str:
    """moto knows ASCII alone."""
    return base64.b64decode(_short(text)).decode()


def _json(value: Any) -> str:
    """Equal for equal JSON: true is not 1."""
    return json.dumps(value, sort_keys=True)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"Expected an array type as first argument, but got {value}.")
    return value


def _short(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"Expected a string, but got {text}.")
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"Maximum input string is {_MOST_CHARACTERS}, but got {len(text)}.")
    return text
