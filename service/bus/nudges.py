"""Brings hints of changes to all replicas: `NudgeChannel`. One that can't be told is lost to the
others; each replica's own always come."""

from collections.abc import Callable
from dataclasses import dataclass, field

from handrail.core.errors import ExecutionNotFound
from handrail.core.models import ExecutionId

from .announcements import Announcements

TOPIC = "nudge"
_Nudged = Callable[[ExecutionId], None]


@dataclass(frozen=True, slots=True, repr=False)
class SharedNudges:
    announcements: Announcements
    _listeners: list[_Nudged] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.announcements.listen(TOPIC, self._heard)

    async def send(self, id: ExecutionId) -> None:
        self._tell_listeners(id)
        self.announcements.tell_later(TOPIC, str(id).encode())

    def listen(self, nudged: _Nudged) -> None:
        self._listeners.append(nudged)

    def _heard(self, replica: str, message: bytes) -> None:
        if replica == self.announcements.bus.replica:
            return
        try:
            id = ExecutionId.parse(message.decode())
        except (ExecutionNotFound, ValueError):  # not one of ours
            return
        self._tell_listeners(id)

    def _tell_listeners(self, id: ExecutionId) -> None:
        for nudged in self._listeners:
            nudged(id)
