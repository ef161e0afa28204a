"""Intrinsic functions as they are written.

moto reads them as they stand in the definition's JSON, escapes and all, and goes on with half a
function where it can't read the rest; what its parser complains of goes to the console. Escapes
in a function's text stay in it, and `\\{` is Python's to its States.Format.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from moto.stepfunctions.parser.asl.antlr.runtime.ASLIntrinsicLexer import ASLIntrinsicLexer
from moto.stepfunctions.parser.asl.antlr.runtime.ASLIntrinsicParser import ASLIntrinsicParser
from moto.stepfunctions.parser.asl.component.intrinsic.argument.argument import ArgumentLiteral
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.generic.string_format import (  # noqa: E501
    StringFormat,
)
from moto.stepfunctions.parser.asl.parse.asl_parser import ASLParserException, SyntaxErrorListener
from moto.stepfunctions.parser.asl.parse.intrinsic.intrinsic_parser import (
    CommonTokenStream,
    InputStream,
    IntrinsicParser,
)
from moto.stepfunctions.parser.asl.parse.intrinsic.preprocessor import Preprocessor

from .seam import Seam

_FIELD = re.compile(r"\['(\w+)'\]")
_PIECE = re.compile(r"\\(?P<escaped>.)|(?P<place>\{\})|(?P<brace>[{}])|(?P<plain>.)", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}


class Written(str):
    """A text in a function's arguments: what it means, and as it was written (`raw`)."""

    raw: str

    def __new__(cls, raw: str) -> "Written":
        meant = (match[0] if match["escaped"] is None else _meant(match) for match in _pieces(raw))
        self = super().__new__(cls, "".join(meant))
        self.raw = raw
        return self

    def __deepcopy__(self, _: Any) -> "Written":
        return self


def formatted(template: str, *values: Any) -> str:
    """States.Format: `{}` stands for the next value, `\\{` and `\\}` for braces."""
    left = iter(values)
    text = "".join(_filled(match, left) for match in _pieces(getattr(template, "raw", template)))
    if next(left, None) is not None:
        raise ValueError("there are more arguments than {}")
    return text


def _filled(match: re.Match[str], values: Iterator[Any]) -> str:
    if match["brace"]:
        raise ValueError(f"a {match['brace']} that is no {{}} has to be escaped")
    if match["place"]:
        try:
            return str(StringFormat._to_str_repr(next(values)))
        except StopIteration:
            raise ValueError("there are fewer arguments than {}") from None
    return match[0] if match["escaped"] is None else _meant(match)


def _pieces(raw: str) -> Iterator[re.Match[str]]:
    return _PIECE.finditer(raw)


def _meant(match: re.Match[str]) -> str:
    return _CONTROLS.get(match["escaped"], match["escaped"])


def _read(source: str) -> Any:
    complaints = SyntaxErrorListener()
    text = _FIELD.sub(r".\1", json.loads(f'"{source}"'))
    lexer = ASLIntrinsicLexer(InputStream(text))
    parser = ASLIntrinsicParser(CommonTokenStream(lexer))
    for reader in (lexer, parser):
        reader.removeErrorListeners()
        reader.addErrorListener(complaints)
    tree = parser.func_decl()
    if complaints.errors:
        raise ASLParserException([f"{text}: {complaint}" for complaint in complaints.errors])
    return Preprocessor().visit(tree), tree


def _text(_: Any, ctx: Any) -> ArgumentLiteral:
    return ArgumentLiteral(definition_value=Written(ctx.STRING().getText()[1:-1]))


def _float(_: Any, ctx: Any) -> ArgumentLiteral:
    return ArgumentLiteral(definition_value=float(ctx.NUMBER().getText()))


def _format(self: Any, env: Any) -> None:
    self.argument_list.eval(env=env)
    env.stack.append(formatted(*env.stack.pop()))


SEAMS: tuple[Seam, ...] = (
    (IntrinsicParser, "parse", staticmethod(_read)),
    (Preprocessor, "visitFunc_arg_string", _text),
    (Preprocessor, "visitFunc_arg_float", _float),
    (StringFormat, "_eval_body", _format),
)
