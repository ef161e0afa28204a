"""Takes the task tokens out of what a watcher reads, and keeps those of the tasks that wait."""

import asyncio
from collections.abc import Container, Mapping, Sequence

from service.core.definition import Definition
from service.core.models import ExecutionId, HistoryEvent
from service.core.projection.facts import PendingTask
from service.core.redaction import Redactor
from service.core.token_shape import needs_definition

from .definitions import Definitions, Origin

SLICE = 256 * 1024
"""How many characters are cleaned in one go: AWS's longest payload, some milliseconds."""


class TokenRedaction:
    """Takes the task tokens out of events before anything else sees them.

    The definition is only asked for when a task that waits for a callback is scheduled.
    """

    def __init__(self, definitions: Definitions, id: ExecutionId, arn: str) -> None:
        self._definitions = definitions
        self._id = id
        self._arn = arn
        self._origin: Origin | None = None
        self._redactor = Redactor()
        self._tokens: dict[int, Mapping[str | None, tuple[str, ...]]] = {}
        self._definition: Definition | None = None
        self._asked = False

    async def clean(self, events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
        """The same events, redacted; lets others run after each quarter of a megabyte. Raises
        Unavailable where the definition can't be read now."""
        cleaned, read = [], 0
        for event in events:
            if event.id == 1:
                self._origin = Origin.of(self._id, self._arn, event)
            if needs_definition(event):
                await self._learn(event)
            cleaned.append(self._redactor.event(event))
            read += _size(event)
            if read >= SLICE:
                await asyncio.sleep(0)
                read = 0
        return cleaned

    async def _learn(self, event: HistoryEvent) -> None:
        # Slow to import, and often never needed.
        from service.core.tokens import learned, tokens_by_state  # noqa: PLC0415

        definition = await self._known_definition()
        found = tokens_by_state(event, definition)
        self._redactor.learn(learned(event, found, definition))
        self._tokens[event.id] = found

    def text(self, text: str) -> str:
        """A text as it would stand in the history."""
        return self._redactor.text(text) or ""

    def token(self, task: PendingTask) -> str | None:
        """The raw token of a pending task, None where the history doesn't hold it whole.

        Looks alone are only believed where there is no definition: what looks like a token may
        be another task's, handed through."""
        found = self._tokens.get(task.event_id, {})
        tokens = found.get(task.state if self._definition else None, ())
        return tokens[0] if len(tokens) == 1 else None

    def keep(self, pending: Container[int]) -> None:
        """Forget the tokens of tasks that no longer wait. What is redacted stays redacted."""
        self._tokens = {id: found for id, found in self._tokens.items() if id in pending}

    async def _known_definition(self) -> Definition | None:
        """None where AWS won't say: the redactor then goes by the shape of tokens.

        Raises what may pass (ServiceError, retryable)."""
        if not self._asked and self._origin is not None:
            self._definition = await self._definitions.of(self._origin)
            self._asked = True
        return self._definition


def _size(event: HistoryEvent) -> int:
    """Its longest texts, as characters; what else it holds is small."""
    return sum(len(value) for value in event.details.values() if isinstance(value, str))
