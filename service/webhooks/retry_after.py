"""Reads when a receiver wants to be asked again (RFC 9110, 10.2.3)."""

from datetime import datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 86_400.0
_MOST_DIGITS = 10


def retry_after_s(text: str | None, now: datetime) -> float | None:
    """`120`, or `Wed, 21 Oct 2026 07:28:00 GMT`: in seconds from `now`, 0 to a day. None where it
    says nothing that can be read."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:_MOST_DIGITS]), LONGEST_S)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:  # "-0000": the zone isn't known
        return None
    return min(max((at - now).total_seconds(), 0.0), LONGEST_S)
