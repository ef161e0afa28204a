"""The functions that Step Functions adds to JSONata
(https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html). What they answer to
arguments that the documents don't speak of was measured on AWS by others, who published it:
numbers lose their fraction, and some arguments give nothing where others are errors."""

import hashlib
import json
import math
import random
import uuid
from typing import Any

from jsonata import Utils
from jsonata.jexception import JException

from .exchange import TOO_LARGE, library_value
from .reference_functions import native

_ALGORITHMS = ("SHA-1", "SHA-384", "SHA-256", "SHA-512", "MD5")
_LONGEST_RANGE = 360_145


def partition(items: Any, size: Any, surplus: Any) -> Any:
    """Lists of `size` items, the last one with what is left."""
    _refuse(surplus, "partition", 3)
    if items is None:
        return None
    if not isinstance(items, list):
        raise JException("T0412", -1, 1, "partition", "any")
    if size is None:
        return [list(items)] if items else None
    if (length := _whole(size, "partition", 2)) < 0:
        raise JException("D3137", -1, "Second argument must be zero or greater")
    starts = range(0, len(items), length) if length else ()
    return [list(items[start : start + length]) for start in starts] or None


def number_range(first: Any, last: Any, step: Any, surplus: Any) -> Any:
    """From the first to the last one, both included. One number is no list where the step is past
    the last one, as an execution recorded on AWS shows."""
    _refuse(surplus, "range", 4)
    first, last = _whole(first, "range", 1), _whole(last, "range", 2)
    if step is None or not (step := _whole(step, "range", 3)):
        return None
    count = (last - first) // step + 1
    if count > _LONGEST_RANGE:
        raise JException(TOO_LARGE, -1)
    numbers = [first + step * index for index in range(count)]
    return numbers if first == last else Utils.create_sequence_from_iter(numbers)


def digest(text: Any, algorithm: Any, surplus: Any) -> str | None:
    """In hexadecimal digits."""
    _refuse(surplus, "hash", 3)
    _check(isinstance(text, str), "hash", 1)
    if algorithm is None:
        return None
    _check(isinstance(algorithm, str), "hash", 2)
    if algorithm not in _ALGORITHMS:
        known = ", ".join(_ALGORITHMS)
        problem = f"Hash algorithm '{algorithm}' must be one of {known}"
        raise JException("D3137", -1, problem)
    name = algorithm.replace("-", "").lower()
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def random_number(seed: Any, surplus: Any) -> float:
    """From 0 on and below 1; by the same seed the same, the one java.util.Random draws first."""
    _refuse(surplus, "random", 2)
    if seed is None:
        return random.random()  # noqa: S311 no secret
    state, drawn = _whole(seed, "random", 1) ^ 0x5DEECE66D, 0
    for bits in (26, 27):
        state = (state * 0x5DEECE66D + 0xB) % (1 << 48)
        drawn = (drawn << bits) + (state >> (48 - bits))
    return drawn / (1 << 53)


def new_uuid(surplus: Any) -> str:
    _refuse(surplus, "uuid", 1)
    return str(uuid.uuid4())


def parse(text: Any, surplus: Any) -> Any:
    """What the JSON text holds. AWS refuses a member that is there twice."""
    _refuse(surplus, "parse", 2)
    if text is None:
        return None
    _check(isinstance(text, str), "parse", 1)
    try:
        parsed = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise JException("D3137", -1, "Invalid JSON") from error
    return library_value(parsed)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is there twice")
    return members


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _whole(value: Any, function: str, index: int) -> int:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    _check(number and math.isfinite(value), function, index)
    return int(value)


def _refuse(surplus: Any, function: str, index: int) -> None:
    _check(surplus is None, function, index)


def _check(fits: bool, function: str, index: int) -> None:
    if not fits:
        raise JException("T0410", -1, index, function)


FUNCTIONS = {
    name: native(name, signature, function)
    for name, signature, function in (
        ("partition", "<x?x?x?:x>", partition),
        ("range", "<x?x?x?x?:x>", number_range),
        ("hash", "<x?x?x?:x>", digest),
        ("random", "<x?x?:x>", random_number),
        ("uuid", "<x?:x>", new_uuid),
        ("parse", "<x?x?:x>", parse),
    )
}
