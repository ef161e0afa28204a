"""Follows a list of executions for one subscriber.

As with an execution, it keeps no queue: it knows what the client was told, and draws the difference
to the list as it stands when the transport can take it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handrail.core.errors import ServiceError
from handrail.core.listing import ExecutionListing, ListFilter, may_have_executions
from handrail.core.models import Execution, ExecutionId
from handrail.core.protocol import documents
from handrail.core.protocol.encoded_messages import Message, encode
from handrail.core.protocol.paths import Addresses
from handrail.core.protocol.server_messages import error_message, list_subscribed, list_update

QUIET_FOR = timedelta(seconds=30)
"""After so long it is told that the list is still as it was, with a new `as_of`."""


@dataclass(eq=False, slots=True, repr=False)
class ListSubscription:
    """`wake`, called when something may be due, must return at once; `view` answers the list as it
    stands, None before it could be read; `left` is called once when it is closed."""

    id: str
    wanted: ListFilter
    addresses: Addresses
    wake: Callable[[], None]
    view: Callable[[], ExecutionListing | None]
    principal: str | None = None
    left: Callable[[], None] | None = None
    failure: ServiceError | None = field(init=False, default=None)
    completed: bool = field(init=False, default=False)
    """Never: a list has no end."""

    _notice: ServiceError | None = field(init=False, default=None)
    _told: Mapping[ExecutionId, Execution] | None = field(init=False, default=None)
    _about: Sequence[object] = field(init=False, default=())
    _as_of: datetime | None = field(init=False, default=None)

    def notify(self, error: ServiceError) -> None:
        """Tell of what failed and is tried again."""
        self._notice = error
        self.wake()

    def fail(self, error: ServiceError) -> None:
        self.failure = error
        self.wake()

    def next_message(self) -> Message | None:
        """The message that is due now, None where nothing is. The transport tells `failure`."""
        if (notice := self._notice) is not None:
            self._notice = None
            return error_message(self.id, notice, goes_on=True)
        if self.failure is not None or (listing := self.view()) is None:
            return None
        told, about = self._told, _about(listing)
        if told is None and self.wanted.machines:
            self.failure = _refused(listing)
            if self.failure is not None:
                return None
        held = {each.id: each for each in listing.executions}
        quiet = told == held and about == self._about
        if quiet and self._as_of is not None and listing.as_of - self._as_of < QUIET_FOR:
            return None
        self._told, self._about, self._as_of = held, about, listing.as_of
        if told is None:
            shown = documents.list_document(listing, self.addresses)
            return encode(list_subscribed(self.id, shown))
        news = [each for id, each in held.items() if told.get(id) != each]
        gone = [str(id) for id in told if id not in held]
        changes = documents.list_changes(listing, news, gone, self.addresses)
        return encode(list_update(self.id, changes))

    def close(self) -> None:
        """Leave. Safe to call twice."""
        left, self.left = self.left, None
        if left is not None:
            left()


def _refused(listing: ExecutionListing) -> ServiceError | None:
    """What keeps it from ever being a list: no version or alias that was named is there, which only
    AWS's answer says."""
    errors = [each.error for each in listing.unlisted if may_have_executions(each)]
    if listing.machines or any(error.retryable or error.status >= 500 for error in errors):
        return None
    return errors[0] if errors else None


def _about(listing: ExecutionListing) -> Sequence[object]:
    """What the list says besides its executions and how old it is."""
    machines = [(each.reference, each.counts) for each in listing.machines]
    return machines, [(each.reference, each.error.code) for each in listing.unlisted]
