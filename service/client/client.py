"""The service's REST calls and its stream, behind one object."""

import uuid
from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote, urlencode

from handrail.core.errors import UnsupportedByType
from handrail.core.models import Json

from .errors import RequestRefused
from .event_reader import events
from .follower import follow
from .request import Requester
from .view import Message

OLD_INPUT = object()  # for a replay: the input that the execution had
_SYNC_S = 330.0  # an Express execution lives five minutes


class Client(Requester):
    """A method for each of the service's calls, each raising RequestRefused or
    ServiceUnreachable. An input or output may be a JsonText, and is then sent as written."""

    async def catalogue(self) -> Message:
        """The state machines, and the `problems` of folders that are left out."""
        return await self.call("GET", "state-machines")

    async def start(
        self,
        machine: str,
        input: Json,
        *,
        name: str | None = None,
        case: str | None = None,
        express: bool = True,
    ) -> Message:
        """Start an execution and answer it, without states. A retry can't start a second one; an
        Express state machine takes no key, so there a start isn't tried again, nor is it begun
        unless `express`. `case` is a test case of the embedded engine's."""
        path = f"state-machines/{_segment(machine)}/executions"
        body = {"input": input} | _given(name=name, case=case)
        try:
            return await self.call("POST", path, body, key=str(uuid.uuid4()))
        except RequestRefused as error:
            if not express or error.code != UnsupportedByType.code:
                raise
            return await self.call("POST", path, body)

    async def replay(
        self, execution: str, *, input: Json = OLD_INPUT, name: str | None = None
    ) -> Message:
        """Start the execution's state machine again, with the input it had or another one. Answers
        as `start` does, with `replay_of`."""
        body = _given(name=name) if input is OLD_INPUT else {"input": input} | _given(name=name)
        path = f"executions/{_segment(execution)}/replay"
        return await self.call("POST", path, body, key=str(uuid.uuid4()))

    async def executions(
        self,
        *machines: str,
        status: str | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Message:
        """One page of the executions of these state machines, of all where none is named: newest
        first, with `counts`, what is `unlisted`, and the `next_page` to ask for."""
        named = [("state_machine", machine) for machine in machines]
        given = _given(status=status, limit=limit, page=page).items()
        query = urlencode([*named, *given])
        return await self.call("GET", f"executions?{query}" if query else "executions")

    async def start_sync(
        self, machine: str, input: Json, *, name: str | None = None, case: str | None = None
    ) -> Message:
        """Run an Express execution and answer its outcome. Tried once: it is not repeatable."""
        path, body = f"state-machines/{_segment(machine)}/sync-executions", {"input": input}
        given = _given(name=name, case=case)
        return await self.call("POST", path, body | given, timeout_s=_SYNC_S)

    async def machine(self, machine: str) -> Message:
        """A state machine with its definition."""
        return await self.call("GET", f"state-machines/{_segment(machine)}")

    async def execution(self, execution: str) -> Message:
        """The snapshot."""
        return await self.call("GET", f"executions/{_segment(execution)}")

    async def stop(self, execution: str, *, error: str | None, cause: str | None) -> Message:
        """Abort an execution and answer how it ended. A repetition is harmless."""
        path, body = f"executions/{_segment(execution)}/stop", _given(error=error, cause=cause)
        return await self.call("POST", path, body, repeatable=True)

    async def redrive(self, execution: str) -> Message:
        """Run a failed execution again and answer its snapshot, RUNNING. Whoever holds that and
        follows `after` its cursor never sees it as it was before. Tried once: it may be applied."""
        return await self.call("POST", f"executions/{_segment(execution)}/redrive", {})

    async def visits(self, execution: str, state: str, *, page: str | None = None) -> Message:
        """A page of one state's visits, newest first: `visits`, and `next_page` or None."""
        return await self._page(execution, "visits", _given(state=state, page=page))

    async def items(
        self, execution: str, state: str, *, status: str | None = None, page: str | None = None
    ) -> Message:
        """A page of a Map's items, those in this status where one is given: `items`, `counts`, and
        `next_page` or None."""
        return await self._page(execution, "items", _given(state=state, status=status, page=page))

    async def trace(self, execution: str) -> Message:
        """Its spans, as OTLP's JSON."""
        return await self.call("GET", f"executions/{_segment(execution)}/trace")

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
        self,
        execution: str,
        event_id: int,
        *,
        actions: Sequence[str],
        expires_in_s: int | None,
        meant_for: str | None = None,
    ) -> Message:
        """A signed link to a pending task: `url`, `expires_at`, `actions`, `for`. No `actions`
        means all there are. The URL is a credential. Nothing is stored by making one, so it is
        retried."""
        terms = {"actions": list(actions) or None, "expires_in": expires_in_s, "for": meant_for}
        body = _given(**terms)
        path = f"executions/{_segment(execution)}/tasks/{event_id}/links"
        return await self.call("POST", path, body, repeatable=True)

    async def news(self, *, limit: int | None = None, page: str | None = None) -> Message:
        """What waits to be told to others, and what was given up: `counts`, `sends`, `waiting`, a
        page of those `dead`, and `next_page` or None."""
        given = _given(limit=limit, page=page)
        return await self.call("GET", f"news?{urlencode(given)}" if given else "news")

    async def retry_news(self, key: str) -> Message:
        """Have news sent again, and answer it. A repetition is harmless."""
        return await self.call("POST", f"news/{_segment(key)}/retry", {}, repeatable=True)

    async def drop_news(self, key: str) -> Message:
        """Drop news that waits or was given up. Tried once: a second try would find it gone."""
        return await self.call("DELETE", f"news/{_segment(key)}")

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

    async def _page(self, execution: str, of: str, query: Message) -> Message:
        return await self.call("GET", f"executions/{_segment(execution)}/{of}?{urlencode(query)}")


def _given(**values: Json) -> Message:
    """Those that aren't None."""
    return {name: value for name, value in values.items() if value is not None}


def _segment(text: str) -> str:
    return quote(text, safe=":")
