"""Definitions as JSON means them.

moto's grammar reads a definition's text. It takes the names of states, paths and resources as they
are written, escapes and all (`_inner_string_of`), and other texts by Python's rules, which know
neither `\\/` nor surrogate pairs (`from_string_literal`): a state written "Pr\\u00fcfe" ran under
another name than "Prüfe".

The scopes of the query languages are one list for all of its parses (`_query_language_per_scope`):
what a refused definition left in it, or a parse in another thread put there, was taken for one's
own. Its grammar's caches (antlr4's DFAs) are shared too, and written to without a lock.
"""

import json
import re
from collections.abc import Iterator
from threading import Lock
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

from .seam import Seam

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_parse = AmazonStateLanguageParser.parse
_written = Preprocessor._inner_string_of
_one_at_a_time = Lock()


def plain(definition: str) -> str:
    """The same JSON with no more escapes than JSON needs: `\\"`, `\\\\` and control characters.

    Lines and columns of what follows no escape stay as they were.
    """
    if "\\" not in definition:
        return definition
    return _TEXT.sub(lambda text: json.dumps(json.loads(text[0]), ensure_ascii=False), definition)


def in_its_grammar(definition: str) -> str:
    """The same with what moto's grammar lacks in a Map put otherwise: a percentage without a
    fraction, and children that are Express, which run as the others do here."""
    if '"EXPRESS"' not in definition and '"ToleratedFailurePercentage"' not in definition:
        return definition
    whole = json.loads(definition)
    changed = [_put(state) for state in _states(whole)]
    return json.dumps(whole, ensure_ascii=False) if any(changed) else definition


def _put(state: dict[str, Any]) -> bool:
    """Whether anything was changed."""
    changed = False
    percentage = state.get("ToleratedFailurePercentage")
    if isinstance(percentage, int) and not isinstance(percentage, bool):
        state["ToleratedFailurePercentage"], changed = float(percentage), True
    processor = state.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    if isinstance(config, dict) and config.get("ExecutionType") == "EXPRESS":
        config["ExecutionType"], changed = "STANDARD", True
    return changed


def _states(scope: Any) -> Iterator[dict[str, Any]]:
    states = scope.get("States") if isinstance(scope, dict) else None
    for state in states.values() if isinstance(states, dict) else ():
        if isinstance(state, dict):
            yield state
            branches = state.get("Branches")
            inner = branches if isinstance(branches, list) else []
            for each in (*inner, state.get("ItemProcessor"), state.get("Iterator")):
                yield from _states(each)


def _parsed(definition: str) -> Any:
    with _one_at_a_time:
        return _parse(plain(in_its_grammar(definition)))


def _with_scopes_of_its_own(self: Any) -> None:
    self._query_language_per_scope = []


def _meant(parser_rule_context: Any) -> str | None:
    text = _written(parser_rule_context)
    if text is None or "\\" not in text:
        return text
    meant: str = json.loads(f'"{text}"')
    return meant


SEAMS: tuple[Seam, ...] = (
    (AmazonStateLanguageParser, "parse", staticmethod(_parsed)),
    (Preprocessor, "_inner_string_of", staticmethod(_meant)),
    (Preprocessor, "__init__", _with_scopes_of_its_own),
)
