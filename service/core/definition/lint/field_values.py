"""Knows what each field of the Amazon States Language may hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import TypeGuard

from handrail.core.models import Json

MOST_SECONDS = 99_999_999
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_LABEL = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~$&,;:/`\x00-\x1f\x7f-\x9f]{1,40}")


@dataclass(frozen=True, slots=True)
class Misfit:
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Held:
    """`evaluated`: a JSONata state may have an expression there instead. `least` and `most` of a
    number, which is whole unless `fractions`; `one_of` of a text."""

    kind: str
    evaluated: bool = False
    least: float = -inf
    most: float = inf
    fractions: bool = False
    one_of: tuple[str, ...] = ()


_SECONDS = Held("NUMBER", evaluated=True, least=0, most=MOST_SECONDS)
_COUNT = Held("NUMBER", evaluated=True, least=0)
_STRING = Held("STRING")
_FREE_TEXT = Held("STRING", evaluated=True)
_OBJECT, _ARRAY = Held("OBJECT"), Held("ARRAY")

TYPES_OF_FIELDS: Mapping[str, Held] = {
    "Comment": _STRING,
    "Version": _STRING,
    "Next": _STRING,
    "Default": _STRING,
    "Resource": _STRING,
    "End": Held("BOOLEAN"),
    "TimeoutSeconds": Held("NUMBER", evaluated=True, most=MOST_SECONDS),
    "HeartbeatSeconds": Held("NUMBER", evaluated=True, most=MOST_SECONDS),
    "Seconds": _SECONDS,
    "Timestamp": Held("TIMESTAMP", evaluated=True),
    "Error": _FREE_TEXT,
    "Cause": _FREE_TEXT,
    "ErrorPath": _STRING,
    "CausePath": _STRING,
    "Credentials": Held("OBJECT", evaluated=True),
    "Assign": _OBJECT,
    "ItemProcessor": _OBJECT,
    "Iterator": _OBJECT,
    "ItemReader": _OBJECT,
    "ItemBatcher": _OBJECT,
    "ResultWriter": _OBJECT,
    "ReaderConfig": _OBJECT,
    "WriterConfig": _OBJECT,
    "ProcessorConfig": _OBJECT,
    "Label": Held("LABEL"),
    "MaxConcurrency": _COUNT,
    "ToleratedFailureCount": _COUNT,
    "ToleratedFailurePercentage": Held("NUMBER", evaluated=True, least=0, most=100, fractions=True),
    "MaxItems": Held("NUMBER", evaluated=True, least=0, most=100_000_000),
    "MaxItemsPerBatch": _COUNT,
    "MaxInputBytesPerBatch": _COUNT,
    "InputType": Held("STRING", one_of=("MANIFEST", "JSON", "CSV", "JSONL", "PARQUET")),
    "CSVHeaderLocation": Held("STRING", one_of=("FIRST_ROW", "GIVEN")),
    "CSVHeaders": _ARRAY,
    "Mode": Held("STRING", one_of=("INLINE", "DISTRIBUTED")),
    "ExecutionType": Held("STRING", one_of=("STANDARD", "EXPRESS")),
    "IntervalSeconds": Held("NUMBER", least=0, most=MOST_SECONDS),
    "MaxAttempts": Held("NUMBER", most=MOST_SECONDS),
    "MaxDelaySeconds": Held("NUMBER", least=1, most=31_622_400),
    "BackoffRate": Held("NUMBER", fractions=True),
    "JitterStrategy": Held("STRING", one_of=("FULL", "NONE")),
    "Condition": _FREE_TEXT,
}
_PYTHON = {"STRING": str, "OBJECT": dict, "ARRAY": list, "BOOLEAN": bool, "LABEL": str}


def is_number(value: Json) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_timestamp(text: str) -> bool:
    """RFC 3339 with an upper-case T, and Z or an offset."""
    if not _TIMESTAMP.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", text))
    except ValueError:
        return text[17:19] == "60"  # a leap second
    return True


def misfit(field: str, value: Json, *, jsonata: bool) -> Misfit | None:
    """Why this field can't hold this value; None where it can, or where any will do."""
    held = TYPES_OF_FIELDS.get(field)
    if held is None or _comes_later(held, value, jsonata=jsonata):
        return None
    if held.kind == "NUMBER":
        return _number(held, value)
    problem: Misfit | None = None
    if held.kind == "TIMESTAMP":
        if not (isinstance(value, str) and is_timestamp(value)):
            message = f"{value!r} is no timestamp such as 2026-01-31T12:00:00Z."
            problem = Misfit("bad-timestamp", message)
    elif not isinstance(value, _PYTHON[held.kind]):
        problem = Misfit("wrong-type", f"Expected value of type [{held.kind}]")
    elif held.kind == "LABEL" and not _LABEL.fullmatch(str(value)):
        message = f"{value!r} is no label: 1 to 40 characters, as in a name."
        problem = Misfit("bad-label", message)
    elif held.one_of and value not in held.one_of:
        listed = ", ".join(held.one_of)
        problem = Misfit("wrong-type", f"Value should be one of the following: [{listed}]")
    return problem


def _comes_later(held: Held, value: Json, *, jsonata: bool) -> bool:
    """A text to be evaluated, or filled in, which have rules of their own."""
    if not isinstance(value, str):
        return False
    unfilled = "${" in value and held.kind != "STRING"
    return unfilled or (jsonata and held.evaluated and "%" in value)


def _number(held: Held, value: Json) -> Misfit | None:
    if not is_number(value):
        return Misfit("wrong-type", "Expected value of type [NUMBER]")
    if not held.fractions and not float(value).is_integer():
        return Misfit("wrong-type", "Expected value of type [INTEGER]")
    if value < held.least:
        return Misfit("out-of-range", f"Minimum value is {held.least:g}")
    if value > held.most:
        return Misfit("out-of-range", f"Maximum value is {held.most:,.0f}")
    return None
