"""Changes the states of a definition's text before moto's grammar reads it."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from handrail.core.definition.definition import Definition, QueryLanguage
from handrail.core.errors import InvalidDefinition


@lru_cache(64)
def with_states_changed(
    definition: str, change: Callable[[dict[str, Any], QueryLanguage], bool]
) -> str:
    """`change` is given each state, and says whether it changed it; a text without any change stays
    as it is written. Remembered, since each start has its definition parsed anew."""
    try:
        whole = Definition.parse(definition)
    except InvalidDefinition:
        return definition  # the grammar's to refuse
    states: list[Any] = [(state.raw, state.query_language) for state in whole.all_states]
    changed = [change(raw, language) for raw, language in states]
    return json.dumps(whole.raw, ensure_ascii=False) if any(changed) else definition
