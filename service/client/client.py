"""The service's REST calls and its stream, behind one object."""

import uuid
from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote, urlencode

from service.core.models import Json

from .event_reader import events
from .follower import follow
from .request import Requester
from .view import Message

_SYNC_S = 330.0  # an Express execution lives five minutes
_PAGE = 100


class Client(Requester):
    """A method for each of the service's calls, each raising RequestRefused or
    ServiceUnreachable. An input or output may be a `JsonText`, and is then sent as written."""

    async def catalogue(self) -> Message:
        """The state machines, and the `problems` of folders that are left out."""
        return await self.call("GET", "state-machines")

    async def start(
        self, machine: str, input: Json, *, name: str | None = None, keyed: bool = True
    ) -> Message:
        """Start an execution and answer it, without states. `keyed`, a retry can't start a second
        one. An Express machine refuses keys (UnsupportedByType): without, the start is tried once."""
        path, body = f"state-machines/{_segment(machine)}/executions", {"input": input}
        key = str(uuid.uuid4()) if keyed else None
        return await self.call("POST", path, body | _given(name=name), key=key)

    async def start_sync(self, machine: str, input: Json, *, name: str | None = None) -> Message:
        """Run an Express execution and answer its outcome. Tried once: it is not repeatable."""
        path, body = f"state-machines/{_segment(machine)}/sync-executions", {"input": input}
        return await self.call("POST", path, body | _given(name=name), timeout_s=_SYNC_S)

    async def execution(self, execution: str) -> Message:
        """The snapshot."""
        return await self.call("GET", f"executions/{_segment(execution)}")

    def executions(
        self, machine: str | None = None, *, status: str | None = None, limit: int
    ) -> AsyncIterator[Message]:
        """Pages of `executions`, the newest first, `limit` at most: of one state machine, or of all
        the caller may read but those a page names as `unlisted`."""
        query = _given(state_machine=machine, status=status, limit=min(limit, _PAGE))
        return self._pages("executions", "executions", query, limit)

    def visits(self, execution: str, state: str, *, limit: int) -> AsyncIterator[Message]:
        """Pages of a state's `visits`, the newest first, `limit` at most."""
        path = f"executions/{_segment(execution)}/visits"
        return self._pages(path, "visits", {"state": state}, limit)

    def items(self, execution: str, state: str, *, limit: int) -> AsyncIterator[Message]:
        """Pages of a Map's `items`, `limit` at most."""
        path = f"executions/{_segment(execution)}/items"
        return self._pages(path, "items", {"state": state}, limit)

    async def stop(self, execution: str, *, error: str | None, cause: str | None) -> Message:
        """Abort an execution and answer how it ended. A repetition is harmless."""
        path, body = f"executions/{_segment(execution)}/stop", _given(error=error, cause=cause)
        return await self.call("POST", path, body, repeatable=True)

    async def redrive(self, execution: str) -> Message:
        """Run a failed execution again and answer its snapshot, RUNNING. Whoever holds that and
        follows `after` its cursor never sees it as it was before. Tried once: it may be applied."""
        return await self.call("POST", f"executions/{_segment(execution)}/redrive", {})

    async def replay(self, execution: str, body: dict[str, Json]) -> Message:
        """Start the execution's state machine again and answer the new execution. `body` may have
        another `input` and a `name`: with a name a retry can't start a second one."""
        path = f"executions/{_segment(execution)}/replay"
        return await self.call("POST", path, body, repeatable="name" in body)

    async def tasks(self, execution: str) -> list[Message]:
        """The pending tasks."""
        return list((await self.call("GET", f"executions/{_segment(execution)}/tasks"))["tasks"])

    async def settle(
        self, execution: str, event_id: int, outcome: str, body: dict[str, Json]
    ) -> Message:
        """Settle a pending task: `outcome` is `success` or `failure`. A repetition is harmless."""
        path = f"executions/{_segment(execution)}/tasks/{event_id}/{outcome}"
        return await self.call("POST", path, body, repeatable=True)

    async def link(
        self, execution: str, event_id: int, *, actions: Sequence[str], expires_in_s: int | None
    ) -> Message:
        """A signed link to a pending task: `url`, `expires_at`, `actions`. No `actions` means all
        there are. The URL is a credential. Nothing is stored by making one, so it is retried."""
        body = _given(actions=list(actions) or None, expires_in=expires_in_s)
        path = f"executions/{_segment(execution)}/tasks/{event_id}/links"
        return await self.call("POST", path, body, repeatable=True)

    def events(self, execution: str, *, follow: bool = False) -> AsyncIterator[Message]:
        """The history's events from the first; with `follow` the later ones too, as they come,
        until the execution ends."""
        return events(self, _segment(execution), follow=follow)

    def follow(
        self, execution: str, *, after: str | None = None, level: str = "states"
    ) -> AsyncIterator[Message]:
        """Every message of the execution's stream until `complete`, across reconnections. Raises
        StreamClosed, too, where the service ends the stream before the execution ends."""
        return follow(self, _segment(execution), after, level)

    async def _pages(
        self, path: str, member: str, query: Message, limit: int
    ) -> AsyncIterator[Message]:
        """The answers, one after the other, with `limit` at most under `member` in all of them."""
        while True:
            page = await self.call("GET", f"{path}?{urlencode(query, quote_via=quote)}")
            found = page[member][:limit]
            yield {**page, member: found}
            limit -= len(found)
            if limit <= 0 or not page.get("next_page"):
                return
            query = {**query, "page": page["next_page"]}


def _given(**values: Json) -> Message:
    """Those that aren't None."""
    return {name: value for name, value in values.items() if value is not None}


def _segment(text: str) -> str:
    return quote(text, safe=":")
