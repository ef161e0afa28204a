"""Writes JSON for a terminal or a program. Pure."""

import json
import re

from handrail.core.json_text import json_bytes
from handrail.core.models import Json

_CONTROLS = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What JSON leaves as it is, but a terminal acts on."""
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")


def json_output(value: Json, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """The value as the service wrote it, but for blanks and escapes: on one line, or with `indent`
    one member a line."""
    escaped = _NOT_ASCII if ascii_only else _CONTROLS
    text = json_bytes(value, indent=indent).decode()
    return escaped.sub(lambda found: json.dumps(found[0])[1:-1].replace("\x7f", r"\u007f"), text)
