"""The functions Step Functions adds to JSONata, and the one it takes away
(https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).

moto declares some in JSONata itself, two as a text that says they aren't there.
"""

import hashlib
import json
import math
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any

_ALGORITHMS = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}
_48_BITS = (1 << 48) - 1


def hashed(value: Any, algorithm: str) -> str:
    """The digest in hexadecimal digits, of a text or of JSON written without white space."""
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"$hash knows {', '.join(_ALGORITHMS)}, not {algorithm}")
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return hashlib.new(_ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def drawn(seed: Any = None) -> float:
    """From 0 on and below 1; by the same seed the same, the one java.util.Random draws first."""
    if seed is None:
        return random.random()  # noqa: S311 no secret
    state = (int(seed) ^ 0x5DEECE66D) & _48_BITS
    high, state = _bits(state, 26)
    low, _ = _bits(state, 27)
    return float(((high << 27) + low) / (1 << 53))


def ranged(first: float, last: float, step: float) -> list[float]:
    """From the first to the last one included."""
    if not step:
        raise ValueError("$range needs a step other than 0")
    return [first + step * index for index in range(max(0, math.floor((last - first) / step) + 1))]


def partitioned(array: Any, size: int) -> list[list[Any]]:
    items = array if isinstance(array, list) else [array]
    if size < 1:
        raise ValueError("$partition needs a size above 0")
    return [items[start : start + size] for start in range(0, len(items), size)]


def refused(*_: Any) -> Any:
    raise ValueError("$eval is not available: $parse reads JSON")


def _bits(state: int, count: int) -> tuple[int, int]:
    state = (state * 0x5DEECE66D + 0xB) & _48_BITS
    return state >> (48 - count), state


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "hash": hashed,
    "uuid": lambda: str(uuid.uuid4()),
    "random": drawn,
    "range": ranged,
    "partition": partitioned,
    "parse": json.loads,
    "eval": refused,
}
