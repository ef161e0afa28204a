"""JSONata's functions that take regular expressions, as the reference implementation has them."""

import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from jsonata import Utils
from jsonata.functions import Functions
from jsonata.jexception import JException

from .regular_expressions import RegularExpression, matched


def contains(text: str | None, token: Any) -> bool | None:
    if text is None:
        return None
    if isinstance(token, str):
        return token in text
    return next(_found(token, text), None) is not None


def match(text: str | None, pattern: Any, limit: float | None) -> Any:
    if text is None:
        return None
    _check(limit, "D3040")
    found = islice(_found(pattern, text), None if limit is None else math.ceil(limit))
    return Utils.create_sequence_from_iter(
        {"match": one["match"], "index": one["start"], "groups": one["groups"]} for one in found
    )


def split(text: str | None, separator: Any, limit: float | None) -> Any:
    if text is None:
        return None
    _check(limit, "D3020")
    most = None if limit is None else math.floor(limit)
    if isinstance(separator, str):
        return (text.split(separator) if separator else list(text))[:most]
    return separator.split(text)[:most]


def replace(text: str | None, pattern: Any, replacement: Any, limit: float | None) -> Any:
    if text is None:
        return None
    if pattern == "":
        raise JException("D3010", -1)
    _check(limit, "D3011")
    most = None if limit is None else math.ceil(limit)
    if not isinstance(pattern, str):
        return pattern.sub(_replacer(replacement), text, most)
    if not isinstance(replacement, str):
        raise JException("D3012", -1)
    return text.replace(pattern, replacement, -1 if most is None else most)


def _check(limit: float | None, error: str) -> None:
    if limit is not None and limit < 0:
        raise JException(error, -1)


def _found(pattern: Any, text: str) -> Iterator[dict[str, Any]]:
    """A pattern is a regular expression, or a function that gives a match and the next."""
    if isinstance(pattern, RegularExpression):
        yield from map(matched, pattern.finditer(text))
        return
    one = Functions.func_apply(pattern, [text])
    while one is not None:
        if not (isinstance(one, dict) and {"start", "end", "groups", "next"} <= one.keys()):
            raise JException("T1010", -1, "match")
        yield one
        one = Functions.func_apply(one["next"], [])


def _replacer(replacement: Any) -> Callable[[Any], str]:
    if isinstance(replacement, str):
        return lambda found: _filled(replacement, found)

    def replaced(found: Any) -> str:
        result = Functions.func_apply(replacement, [matched(found)])
        if not isinstance(result, str):
            raise JException("D3012", -1)
        return result

    return replaced


def _filled(template: str, found: Any) -> str:
    """`$$` is a dollar, `$0` the match, `$n` a group: as many digits as there can be groups."""
    groups = found.groups()
    first, *rest = template.split("$")
    pieces, literal = [first], False
    for piece in rest:
        if literal:
            pieces.append(piece)
            literal = False
        elif not piece:
            literal = True
            pieces.append("$")
        else:
            pieces.append(_group(piece, found, groups))
    return "".join(pieces)


def _group(piece: str, found: Any, groups: tuple[str | None, ...]) -> str:
    if piece[0] == "0":
        return str(found[0]) + piece[1:]
    most = len(str(len(groups)))
    digits = piece[:most] if piece[:most].isdigit() else piece[:1]
    if digits.isdigit() and most > 1 and int(digits) > len(groups):
        digits = digits[:-1]
    if not digits.isdigit():
        return f"${piece}"
    number = int(digits)
    value = groups[number - 1] if 0 < number <= len(groups) else None
    return (value or "") + piece[len(digits) :]
