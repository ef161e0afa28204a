"""AWS's own time of its answers: the one clock that its other dates can be held against."""

import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from service.core.remote_clock import RemoteClock

if TYPE_CHECKING:
    from types_aiobotocore_stepfunctions import SFNClient

_ASKED_AT = "handrail_asked_at"


def answered_at(answer: Mapping[str, Any]) -> datetime | None:
    """The Date header of a botocore answer, aware and cut to seconds; None where there is none."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return _parsed(headers.get("date", ""))


def hear_dates(sfn: "SFNClient", remote: RemoteClock) -> None:
    """From now on, `remote` hears of every answer of this client's, errors too, by botocore's own
    events."""

    def asked(context: dict[str, Any], **_: Any) -> None:
        context[_ASKED_AT] = time.monotonic()

    def answered(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if (date := answered_at(parsed)) is not None:
            now = time.monotonic()
            remote.heard(date, asked_at=context[_ASKED_AT], answered_at=now)

    sfn.meta.events.register("before-call.sfn", asked)
    sfn.meta.events.register("after-call.sfn", answered)


@lru_cache(maxsize=8)
def _parsed(text: str) -> datetime | None:
    """An HTTP date, aware; None where it is none. Thousands of answers share one a second."""
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None
