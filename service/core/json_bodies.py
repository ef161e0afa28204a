"""Reads the JSON that callers send, and says what of it isn't taken, and where that stands."""

import re
from collections.abc import Collection, Mapping
from typing import Literal

from pydantic_core import from_json

from .errors import FieldError, InvalidInput, InvalidOutput, InvalidRequest
from .json_grammar import deeper_than, half_pair, members
from .json_text import LONGEST_INTEGER, JsonText, whole
from .models import Json

MAX_DEPTH = 200
"""Levels of a payload. A body around it is one more."""

TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"
TOO_LONG = f"holds a whole number of more than {LONGEST_INTEGER:,} digits"
HALF_A_PAIR = "holds half a surrogate pair (\\uD800 to \\uDFFF)"
TWICE = "is there twice"
_LEVELS = "recursion limit exceeded"
_REASONS = {_LEVELS: TOO_DEEP, "number out of range": TOO_LONG}
_BROKEN: Mapping[str, type[InvalidRequest]] = {"input": InvalidInput, "output": InvalidOutput}
_FAULT = re.compile(r"(?P<reason>.*) at line (?P<line>\d+) column (?P<column>\d+)")
_VISIBLE = re.compile(r"[^\n]")
_ESCAPE = 12  # characters from where half a pair begins to where the other half would end


class NotJson(ValueError):
    """The text isn't JSON. Says where it goes wrong."""


def read_json(text: str) -> Json:
    """The value of a request's body. Raises NotJson, and for JSON that isn't taken (too deep, half
    a surrogate pair, a whole number of too many digits) InvalidInput where that is in `input`,
    InvalidOutput in `output`, InvalidRequest elsewhere."""
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        deep = _LEVELS in str(error) and text.lstrip()[:1] == "{"
    if deep and deeper_than(text, MAX_DEPTH + 1) is None:
        return _read_by_members(text)
    return _read(text)


def read_payload(text: str, kind: Literal["input", "output"]) -> Json:
    """The value of a text that is a payload as a whole. Raises as `read_json`."""
    value = _read(text, kind)
    deep = text.count("[") + text.count("{") > MAX_DEPTH
    if deep and (at := deeper_than(text, MAX_DEPTH)) is not None:
        raise _refused(text, at, TOO_DEEP, kind)
    return value


def payload(text: str) -> JsonText:
    """The text of a payload that was read, to be passed on as it is."""
    return JsonText(text.strip())


def with_payloads(body: Json, text: str, names: Collection[str]) -> Json:
    """The body that this text was read as, its members of these names as they were written. Raises
    InvalidRequest where a member is there twice."""
    if not isinstance(body, dict):
        return body
    found: dict[str, Json] = {}
    for name, span in members(text):
        if name in found:
            raise InvalidRequest(f"{name} {TWICE}.", errors=[FieldError(name, TWICE)])
        found[name] = payload(text[span]) if name in names else body[name]
    return found


def _read_by_members(text: str) -> Json:
    """The value of an object's text, each member read alone: pydantic counts what stands in the
    last level as one more, and reads no object around that."""
    around, value, end = list[str](), dict[str, Json](), 0
    for name, span in members(text):
        around += text[end : span.start], "0", _blank(text[span])[1:]
        end = span.stop
        try:
            value[name] = from_json(text[span], allow_inf_nan=False)
        except ValueError:
            value[name] = _read(_blank(text[: span.start]) + text[span], name)
    _read("".join(around) + text[end:])
    return value


def _blank(text: str) -> str:
    return _VISIBLE.sub(" ", text)


def _read(text: str, kind: str = "") -> Json:
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        if (fault := _FAULT.fullmatch(str(error))) is None:
            raise NotJson(str(error)) from None
        at = _index(text, int(fault["line"]), int(fault["column"]))
        reason, half = _REASONS.get(fault["reason"]), half_pair(text)
        if reason is None and half is not None and half <= at <= half + _ESCAPE:
            reason, at = HALF_A_PAIR, half
        if reason is None:
            raise NotJson(str(error)) from None
        raise _refused(text, at, reason, kind) from None


def _refused(text: str, at: int, reason: str, kind: str) -> InvalidRequest:
    path = kind or _member_at(text, at)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    message = f"{reason}: line {line}, column {column}"
    broken = _BROKEN.get(path, InvalidRequest)
    return broken(f"The {path or 'body'} {reason}.", errors=[FieldError(path, message)])


def _index(text: str, line: int, column: int) -> int:
    """The index in the text of a place that is told in bytes."""
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    in_line = column - 1
    return start + len(text[start : start + in_line].encode()[:in_line].decode(errors="ignore"))


def _member_at(text: str, at: int) -> str:
    """The name of the object's member in which this index lies; empty where it is no object's."""
    if text.lstrip()[:1] == "{":
        for name, span in members(text):
            if span.stop >= at:
                return whole(name)
    return ""
