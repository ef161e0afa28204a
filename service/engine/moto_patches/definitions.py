"""Reads definitions as JSON means them, where moto's grammar reads their text.

It takes names and paths as they are written, escapes and all, and other texts by Python's rules,
which know neither `\\/` nor surrogate pairs: a state written "Pr\\u00fcfe" was no "Prüfe".
"""

import json
import re
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

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
    whole, changed = json.loads(definition), False
    for state in _states(whole):
        percentage = state.get("ToleratedFailurePercentage")
        if isinstance(percentage, int) and not isinstance(percentage, bool):
            state["ToleratedFailurePercentage"], changed = float(percentage), True
        match state.get("ItemProcessor"):
            case {"ProcessorConfig": {"ExecutionType": "EXPRESS"} as config}:
                config["ExecutionType"], changed = "STANDARD", True
    return json.dumps(whole, ensure_ascii=False) if changed else definition


def _states(scope: Any) -> Iterator[dict[str, Any]]:
    states = scope.get("States") if isinstance(scope, dict) else None
    for state in states.values() if isinstance(states, dict) else ():
        if isinstance(state, dict):
            yield state
            branches = state.get("Branches")
            inner = branches if isinstance(branches, list) else []
            for each in (*inner, state.get("ItemProcessor"), state.get("Iterator")):
                yield from _states(each)


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
