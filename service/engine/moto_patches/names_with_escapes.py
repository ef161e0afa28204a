"""Reads names and texts as JSON means them."""

import json
import re
from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto takes names, paths and texts with the escapes of the definition's JSON: a state"
    ' written "Pr\\u00fcfe" was no "Prüfe".',
    since="5.0.16 or earlier",
    aws="A definition is JSON: however a text is written, it means the same.",
    known="RFC 8259.",
)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


def plain(definition: str) -> str:
    """The same JSON with no more escapes than JSON needs: `\\"`, `\\\\` and control characters.
    Lines and columns of what follows no escape stay as they were."""
    if "\\" not in definition:
        return definition
    return _TEXT.sub(lambda text: json.dumps(json.loads(text[0]), ensure_ascii=False), definition)


def as_json_means(text: str) -> str:
    """A text of the definition, without its quotes."""
    return str(json.loads(f'"{text}"')) if "\\" in text else text


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse_plain(original: Callable[[str], Any], definition: str) -> Any:
    """moto's grammar doesn't know escapes."""
    return original(plain(definition))


@wraps("parse.preprocessor:Preprocessor._inner_string_of")
def read_escapes(original: Callable[[Any], str | None], parser_rule_context: Any) -> str | None:
    """The escapes that JSON needs are left by then."""
    text = original(parser_rule_context)
    return text if text is None else as_json_means(text)
