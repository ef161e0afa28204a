"""Compares the numbers of JSON as the decimal numbers that they are: no double rounds them."""

from decimal import Decimal

from handrail.core.json_values import EXACT

Number = int | Decimal


def is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def is_whole(value: object) -> bool:
    """True for an integer however it is spelled: 7, 7.0 and 70e-1."""
    if isinstance(value, Decimal):
        return value.is_zero() or _parts(value)[1] >= 0
    return isinstance(value, int) and not isinstance(value, bool)


def is_multiple(value: Number, divisor: Number) -> bool:
    """Whether the one is the other times an integer. Quick whatever the exponents: 1e999999999 is
    never written out."""
    (digits, exponent), (unit, unit_exponent) = _parts(Decimal(value)), _parts(Decimal(divisor))
    power = exponent - unit_exponent
    if not digits or power < 0:  # no digits that don't end in zero are ten times an integer
        return not digits
    return digits * pow(10, power, unit) % unit == 0


def _parts(value: Decimal) -> tuple[int, int]:
    """The number as an integer times a power of ten, the integer without zeros at its end."""
    _, digits, exponent = value.normalize(EXACT).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("Neither infinity nor NaN is a number of JSON.")
    return int("".join(map(str, digits))), exponent
