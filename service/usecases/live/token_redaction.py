"""Takes the task tokens out of what a watcher reads, and keeps those of the tasks that wait."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from service.core.definition.definition import Definition
from service.core.history.facts import PendingTask
from service.core.models import HistoryEvent
from service.core.task_tokens.redaction import Redactor
from service.core.task_tokens.shapes import needs_definition

from .definition_cache import Definitions, Origin

TokensByState = Mapping[str | None, tuple[str, ...]]
SLICE = 256 * 1024  # characters cleaned in one go: AWS's longest payload, some milliseconds


@dataclass(slots=True, repr=False)
class TokenRedaction:
    """Of one execution. Its definition is asked for when a task is scheduled that waits for a
    callback; where AWS won't say it, the redactor goes by the shape of tokens."""

    definitions: Definitions
    arn: str
    _origin: Origin | None = field(init=False, default=None)
    _redactor: Redactor = field(init=False, default_factory=Redactor)
    _tokens: dict[int, TokensByState] = field(init=False, default_factory=dict)
    _definition: Definition | None = field(init=False, default=None)
    _asked: bool = field(init=False, default=False)

    async def clean(self, events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
        """The same events, redacted; others run after each SLICE. Raises Unavailable where the
        definition can't be read now."""
        cleaned, read = [], 0
        for event in events:
            if event.id == 1:
                self._origin = Origin.of(self.arn, event)
            if needs_definition(event):
                await self._learn(event)
            cleaned.append(self._redactor.event(event))
            read += sum(len(text) for text in event.details.values() if isinstance(text, str))
            if read >= SLICE:
                await asyncio.sleep(0)
                read = 0
        return cleaned

    async def _learn(self, event: HistoryEvent) -> None:
        # Slow to import, and often never needed.
        from service.core.task_tokens.finding import learned, tokens_by_state  # noqa: PLC0415

        if not self._asked and self._origin is not None:
            self._definition = await self.definitions.of(self._origin)
            self._asked = True
        found = tokens_by_state(event, self._definition)
        self._redactor.learn(learned(event, found, self._definition))
        self._tokens[event.id] = found

    def text(self, text: str) -> str:
        """A text as it would stand in the history, tokens redacted."""
        return self._redactor.text(text)

    def token(self, task: PendingTask) -> str | None:
        """The raw token of a pending task, for AWS alone; None where the history lacks a part. Its
        looks are only believed where there is no definition: it may be another task's."""
        found = self._tokens.get(task.event_id, {})
        tokens = found.get(task.state if self._definition else None, ())
        return tokens[0] if len(tokens) == 1 else None

    def keep(self, pending: Container[int]) -> None:
        """Forget the tokens of tasks that no longer wait. What is redacted stays redacted."""
        self._tokens = {id: found for id, found in self._tokens.items() if id in pending}
