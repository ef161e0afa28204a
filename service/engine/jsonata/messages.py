"""Words JSONata's errors as its reference implementation does, which AWS passes on. The library has
"Object" in them for "function", and other quotes."""

import json
import math
import re
from typing import Any

from jsonata.jexception import JException

from .exchange import UNDEFINED, NoJsonResult, json_value, non_finite

_PLACE = re.compile(r"\{\{\{(\w+)\}\}\}|\{\{\w+\}\}")
_QUOTED = re.compile(r"\"([a-z -]+|\])\"")
_TYPES = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects"}
_TYPES["s"] = "strings"
_TEXTS = {
    "D1004": "Regular expression matches zero length string",
    "D3140": "Malformed URL passed to ${{{function}}}(): {{value}}",
}


def message_of(error: JException) -> str:
    """`CODE: message`, or the message alone of an error without a code."""
    template = _TEXTS.get(error.error) or JException.error_codes.get(error.error)
    if template is None:
        return str(error.error)
    if template == "{{{message}}}":
        return f"{error.error}: {error.current}"
    if error.error != "T1010":
        template = _QUOTED.sub(r"'\1'", template)
    values = iter((error.current, error.expected, error.extra))
    if error.error == "D1002":
        values = iter((error.expected,))
    if error.error == "T0412":
        values = iter((error.current, error.expected, _TYPES.get(str(error.extra), UNDEFINED)))
    filled = _PLACE.sub(
        lambda place: str(next(values)) if place[1] else _shown(next(values)),
        template.replace("Object", "function"),
    )
    return f"{error.error}: {filled}"


def _shown(value: Any) -> str:
    try:
        shown = json_value(value)
    except NoJsonResult:
        return "undefined"
    if shown is UNDEFINED:
        return "undefined"
    if isinstance(value, float) and not math.isfinite(value):
        return non_finite(value) if math.isnan(value) else "null"
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
