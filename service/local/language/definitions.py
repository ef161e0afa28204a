"""Definitions as JSON means them.

moto's grammar reads a definition's text. It takes the names of states, paths and resources as they
are written, escapes and all (`_inner_string_of`), and other texts by Python's rules, which know
neither `\\/` nor surrogate pairs (`from_string_literal`): a state written "Pr\\u00fcfe" ran under
another name than "Prüfe".
"""

import json
import re
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

from .seam import Seam

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_parse = AmazonStateLanguageParser.parse
_written = Preprocessor._inner_string_of


def plain(definition: str) -> str:
    """The same JSON with no more escapes than JSON needs: `\\"`, `\\\\` and control characters.

    Lines and columns of what follows no escape stay as they were.
    """
    if "\\" not in definition:
        return definition
    return _TEXT.sub(lambda text: json.dumps(json.loads(text[0]), ensure_ascii=False), definition)


def _parsed(definition: str) -> Any:
    return _parse(plain(definition))


def _meant(parser_rule_context: Any) -> str | None:
    text = _written(parser_rule_context)
    if text is None or "\\" not in text:
        return text
    meant: str = json.loads(f'"{text}"')
    return meant


SEAMS: tuple[Seam, ...] = (
    (AmazonStateLanguageParser, "parse", staticmethod(_parsed)),
    (Preprocessor, "_inner_string_of", staticmethod(_meant)),
)
