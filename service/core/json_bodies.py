"""Reads the JSON that callers send, and says what of it isn't taken, and where that stands."""

import re
from collections.abc import Collection, Mapping
from typing import Literal

from pydantic_core import from_json

from .errors import FieldError, InvalidInput, InvalidOutput, InvalidRequest
from .json_grammar import half_pair, members
from .json_text import LONGEST_INTEGER, JsonText, whole
from .models import Json

MAX_DEPTH = 200
"""Levels of a payload. A body around it is one more, and deeper than that pydantic doesn't read."""

TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"
TOO_LONG = f"holds a whole number of more than {LONGEST_INTEGER:,} digits"
HALF_A_PAIR = "holds half a surrogate pair (\\uD800 to \\uDFFF)"
TWICE = "is there twice"
_REASONS = {"recursion limit exceeded": TOO_DEEP, "number out of range": TOO_LONG}
_BROKEN: Mapping[str, type[InvalidRequest]] = {"input": InvalidInput, "output": InvalidOutput}
_FAULT = re.compile(r"(?P<reason>.*) at line (?P<line>\d+) column (?P<column>\d+)")
_ESCAPE = 12  # characters from where half a pair begins to where the other half would end


class NotJson(ValueError):
    """The text isn't JSON. Says where it goes wrong."""


def read_json(text: str) -> Json:
    """The value of a request's body. Raises NotJson, and for JSON that isn't taken (too deep, half
    a surrogate pair, a whole number of too many digits) InvalidInput where that is in `input`,
    InvalidOutput in `output`, InvalidRequest elsewhere."""
    return _read(text)


def read_payload(text: str, kind: Literal["input", "output"]) -> Json:
    """The value of a text that is a payload as a whole. Raises as `read_json`."""
    value = _read(text, kind)
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _read(text, kind, before="[", after="]")
    return value


def payload(text: str) -> JsonText:
    """The text of a payload that was read, to be passed on as it is."""
    return JsonText(text.strip())


def with_payloads(body: Json, text: str, names: Collection[str]) -> Json:
    """The body that this text was read as, its members of these names as they were written. Raises
    InvalidRequest where a member is there twice."""
    if not isinstance(body, dict) or body.keys().isdisjoint(names):
        return body
    found: dict[str, Json] = {}
    for name, span in members(text):
        if name in found:
            raise InvalidRequest(f"{name} {TWICE}.", errors=[FieldError(name, TWICE)])
        found[name] = payload(text[span]) if name in names else body[name]
    return found


def _read(text: str, kind: str = "", *, before: str = "", after: str = "") -> Json:
    try:
        return from_json(f"{before}{text}{after}" if before else text, allow_inf_nan=False)
    except ValueError as error:
        if (fault := _FAULT.fullmatch(str(error))) is None:
            raise NotJson(str(error)) from None
        at = _index(text, int(fault["line"]), int(fault["column"]), before)
        reason, half = _REASONS.get(fault["reason"]), half_pair(text)
        if reason is None and half is not None and half <= at <= half + _ESCAPE:
            reason, at = HALF_A_PAIR, half
        if reason is None:
            raise NotJson(str(error)) from None
        path = kind or _member_at(text, at)
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        message = f"{reason}: line {line}, column {column}"
        detail = f"The {path or 'body'} {reason}."
        broken = _BROKEN.get(path, InvalidRequest)
        raise broken(detail, errors=[FieldError(path, message)]) from None


def _index(text: str, line: int, column: int, before: str) -> int:
    """The index in the text of a place that is told in bytes, `before` the text included."""
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    in_line = column - 1 - (len(before) if line == 1 else 0)
    return start + len(text[start : start + in_line].encode()[:in_line].decode(errors="ignore"))


def _member_at(text: str, at: int) -> str:
    """The name of the object's member in which this index lies; empty where it is no object's."""
    if text.lstrip()[:1] == "{":
        for name, span in members(text):
            if span.stop >= at:
                return whole(name)
    return ""
