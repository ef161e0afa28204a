"""Tells whether two JSON texts mean the same but for blanks, the order of keys and spelling."""

import json
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal

EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Decimal numbers that nothing rounds."""

_SHORT = 24
_NUMBER = "\udfff"  # half a surrogate pair: no string that a caller may send begins with it


def canonical(text: str) -> bytes:
    """One spelling for all texts of a value. No number is rounded: 1.0, 1.00 and 10e-1 are the same
    and 1 is another, as it is in many languages. What isn't JSON stands for itself."""
    try:
        return json.dumps(json.loads(text, parse_float=_decimal), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return text.encode(errors="surrogatepass")


def same_json(one: str, other: str) -> bool:
    return one == other or canonical(one) == canonical(other)


def _decimal(text: str) -> str:
    if len(text) <= _SHORT and "e" not in text and "E" not in text:
        return _NUMBER + text.rstrip("0").rstrip(".")  # as it comes out below, in less time
    try:
        number = Decimal(text).normalize(EXACT)
    except ArithmeticError:  # an exponent of nineteen digits
        return _NUMBER + text
    return f"{_NUMBER}{number:f}" if abs(number.adjusted()) <= _SHORT else f"{_NUMBER}{number}"
