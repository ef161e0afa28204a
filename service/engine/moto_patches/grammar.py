"""Reads definitions that moto's grammar hasn't the words for."""

import json
from collections.abc import Callable
from threading import Lock
from typing import Any

from handrail.core.definition.definition import Definition
from handrail.core.errors import InvalidDefinition

from .patches import replaces, wraps

_one_at_a_time = Lock()


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
        return original(in_its_grammar(definition))


@replaces("parse.preprocessor:Preprocessor.__init__")
def begin_without_scopes(self: Any) -> None:
    """moto has one list of query languages' scopes for all parses, refused and concurrent ones."""
    self._query_language_per_scope = []
