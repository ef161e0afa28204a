"""AWS's own time of an answer: the one clock that its other dates can be held against."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any


def answered_at(answer: Mapping[str, Any]) -> datetime | None:
    """The Date header of a botocore answer, aware and cut to seconds; None where there is none."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return _parse_date(headers.get("date", ""))


@lru_cache(maxsize=8)
def _parse_date(text: str) -> datetime | None:
    """Thousands of answers share one a second."""
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None
