"""Listening to the dates of Step Functions' answers, errors too: what tells its clock."""

import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from service.core.remote_clock import RemoteClock

if TYPE_CHECKING:
    from types_aiobotocore_stepfunctions import SFNClient

_ASKED_AT = "handrail_asked_at"


def hear_dates(sfn: "SFNClient", remote: RemoteClock) -> None:
    """From now on, `remote` hears of every answer of this client's, by botocore's own events."""

    def asked(context: dict[str, Any], **_: Any) -> None:
        context[_ASKED_AT] = time.monotonic()

    def answered(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        headers = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        if (date := _parsed(headers.get("date", ""))) is not None:
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
