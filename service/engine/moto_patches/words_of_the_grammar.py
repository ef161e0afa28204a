"""Takes words of the language where they are texts."""

import json
import re
from collections.abc import Callable
from typing import Any

from handrail.core.definition.definition import Definition
from handrail.core.errors import InvalidDefinition

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's grammar refuses a definition for the texts `JSONata`, `JSONPath`, `ErrorPath` and"
    " `CausePath`, as names, values or comments, and sends the path of a parameter `RoleArn.$` as"
    " it stands, since Credentials have one of that name.",
    since="5.1.0; `ErrorPath` and `CausePath` 5.0.16 or earlier",
    aws="A text may be any, and `RoleArn.$` is a parameter of many operations.",
    known="RFC 8259, and AWS's documents on payload templates.",
)
_WORDS = ("JSONata", "JSONPath", "ErrorPath", "CausePath", "RoleArn.$")
_MARK = "\ufdd0"  # no character, so that no text has it
_MARKED = re.compile(f'"{_MARK}(.)')
_Kept = dict[int, frozenset[str]]


def as_texts(definition: str) -> str:
    """The same JSON, with an escape in each of the words that isn't the language's."""
    if not any(f'"{word}"' in definition for word in _WORDS):
        return definition
    try:
        whole = Definition.parse(definition)
    except InvalidDefinition:
        return definition  # the grammar's to refuse
    kept: _Kept = {id(whole.raw): frozenset({"QueryLanguage"})}
    for state in whole.all_states:
        kept[id(state.raw)] = frozenset({"QueryLanguage", "ErrorPath", "CausePath"})
        kept[id(state.raw.get("Credentials"))] = frozenset({"RoleArn.$"})
    marked = json.dumps(_marked(whole.raw, kept), ensure_ascii=False)
    if _MARK not in marked:
        return definition
    return _MARKED.sub(lambda found: f'"\\u{ord(found[1]):04x}', marked)


def _marked(value: Any, kept: _Kept) -> Any:
    if isinstance(value, str):
        return _MARK + value if value in _WORDS else value
    if isinstance(value, list):
        return [_marked(each, kept) for each in value]
    if not isinstance(value, dict):
        return value
    own = kept.get(id(value), frozenset())
    return {
        key if key in own else _marked(key, kept): inner
        if key in own and key == "QueryLanguage"
        else _marked(inner, kept)
        for key, inner in value.items()
    }


@wraps("parse.asl_parser:InputStream")
def read_texts(original: Callable[[str], Any], data: str) -> Any:
    """After all else that is changed, since names_with_escapes takes escapes out."""
    return original(as_texts(data))
