"""Lets no NaN into a history."""

import json
from typing import Any

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto writes NaN and Infinity, which Python's JSON takes, into the history.",
    since="5.0.16 or earlier",
    aws="They are no JSON, and fail their state.",
    known="RFC 8259.",
)


@replaces("utils.encoding:_DateTimeEncoder.__init__")
def encode_json_alone(self: Any, **options: Any) -> None:
    """NaN and Infinity, which are no JSON, fail their state; moto writes them into the history."""
    json.JSONEncoder.__init__(self, **options | {"allow_nan": False})
