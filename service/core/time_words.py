"""Tells moments and spans in words, for people whose time zone isn't known."""

from datetime import datetime

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"))


def moment(at: datetime) -> str:
    """`22 November 2026, 08:26 UTC`."""
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def span(seconds: float) -> str:
    """`3 days`, `23 hours`, `1 minute`: rounded down, in the largest unit that there are two of."""
    for size, unit in _UNITS:
        if seconds >= 2 * size or (seconds >= size and unit == "minute"):
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"
