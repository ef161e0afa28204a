"""Declares deliveries: one news for one subscription, until it has arrived or is given up."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from handrail.core.models import ExecutionId, to_ms


def message_id(execution: ExecutionId, event_id: int) -> str:
    """`<execution>:<event id>`. What a header doesn't take, or what Standard Webhooks doesn't (a
    dot), is percent-encoded."""
    return f"{quote(str(execution), safe=':').replace('.', '%2E')}:{event_id}"


class DeliveryKey(NamedTuple):
    """What an outbox knows a delivery by: a name that is used again, as the embedded engine allows
    at once, has events of other times."""

    subscription: str
    id: str
    at_ms: int


class DeliveryLane(NamedTuple):
    """Deliveries of one lane go out one after the other."""

    subscription: str
    execution: ExecutionId


@dataclass(frozen=True, slots=True)
class Delivery:
    """`at` is the event's own time, `created_at` when it was put into the outbox. `body` is the
    JSON text that is sent, the same at each attempt; links are put in when it is sent. `problem`
    says why the last attempt failed, and never holds a secret."""

    subscription: str
    execution: ExecutionId
    event_id: int
    at: datetime
    kinds: tuple[str, ...]
    body: str = field(repr=False)
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    problem: str | None = None

    @property
    def id(self) -> str:
        """The message's id, which duplicates share."""
        return message_id(self.execution, self.event_id)

    @property
    def key(self) -> DeliveryKey:
        return DeliveryKey(self.subscription, self.id, to_ms(self.at))

    @property
    def lane(self) -> DeliveryLane:
        return DeliveryLane(self.subscription, self.execution)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery given up; its `problem` says why."""

    delivery: Delivery
    given_up_at: datetime


class DeliveryFailed(Exception):
    """An attempt that failed. `detail` never holds a secret, a URL's path or a payload. `final`:
    it would fail again, however often it is tried."""

    def __init__(
        self, detail: str, *, retry_after_s: float | None = None, final: bool = False
    ) -> None:
        super().__init__(detail)
        self.detail, self.retry_after_s, self.final = detail, retry_after_s, final
