"""Reads an execution's history events, page by page."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode

from .errors import RequestRefused
from .request import TO_RESUME, Requester
from .view import Message

_PAGE = 100
_WAIT_S = 20


class EventReader:
    """Stands behind the event that `after` names, at the start where that is None. `execution`
    comes quoted."""

    def __init__(self, requester: Requester, execution: str, after: str | None = None) -> None:
        self.after = after
        self._requester, self._execution, self._limit = requester, execution, _PAGE

    async def read(self, *, wait_s: int = 0) -> Message:
        """The next page: its `events`, perhaps none, and whether that `complete`s the history. A
        page that is too large an answer for the service's transport is read one event at a time."""
        query = {"limit": self._limit, **({"wait": wait_s} if wait_s else {})}
        path = f"executions/{self._execution}/events?"
        path += urlencode({**query, **({"after": self.after} if self.after else {})})
        try:
            page = await self._requester.call("GET", path, attempts=TO_RESUME)
        except RequestRefused as refused:
            if refused.status != 413 or self._limit == 1:
                raise
            self._limit = 1
            return await self.read(wait_s=wait_s)
        self.after = str(page["cursor"])
        return page


async def events(requester: Requester, execution: str, *, follow: bool) -> AsyncIterator[Message]:
    """See Client.events."""
    reader, page = EventReader(requester, execution), Message()
    while not page.get("complete"):
        page = await reader.read(wait_s=_WAIT_S if follow else 0)
        for event in page["events"]:
            yield event
        if not (follow or page["events"]):
            return
