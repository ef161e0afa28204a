"""Reads definitions as JSON means them, where moto's grammar reads their text.

It takes names and paths as they are written, escapes and all, and other texts by Python's rules,
which know neither `\\/` nor surrogate pairs: a state written "Pr\\u00fcfe" was no "Prüfe".
"""

import json
import re
from collections.abc import Callable
from threading import Lock
from typing import Any

from service.core.definition.definition import Definition
from service.core.errors import InvalidDefinition

from .patches import replaces, wraps

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_one_at_a_time = Lock()


def plain(definition: str) -> str:
    """The same JSON with no more escapes than JSON needs: `\\"`, `\\\\` and control characters.
    Lines and columns of what follows no escape stay as they were."""
    if "\\" not in definition:
        return definition
    return _TEXT.sub(lambda text: json.dumps(json.loads(text[0]), ensure_ascii=False), definition)


def in_its_grammar(definition: str) -> str:
    """The same with what moto's grammar lacks in a Map put otherwise: whole percentages, and
    Express children, which run as the others do here."""
    if '"EXPRESS"' not in definition and '"ToleratedFailurePercentage"' not in definition:
        return definition
    try:
        whole, changed = Definition.parse(definition), False
    except InvalidDefinition:
        return definition  # the grammar's to refuse
    for state in whole.all_states:
        raw: Any = state.raw
        percentage = raw.get("ToleratedFailurePercentage")
        if isinstance(percentage, int) and not isinstance(percentage, bool):
            raw["ToleratedFailurePercentage"], changed = float(percentage), True
        match raw.get("ItemProcessor"):
            case {"ProcessorConfig": {"ExecutionType": "EXPRESS"} as config}:
                config["ExecutionType"], changed = "STANDARD", True
    return json.dumps(whole.raw, ensure_ascii=False) if changed else definition


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse(original: Callable[[str], Any], definition: str) -> Any:
    """The grammar's caches (antlr4's DFAs) are shared, and written to without a lock."""
    with _one_at_a_time:
        return original(plain(in_its_grammar(definition)))


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
