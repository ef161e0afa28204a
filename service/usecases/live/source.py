"""Locates executions for watchers, and takes task tokens out of their histories."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from handrail.core.definition.definition import Definition
from handrail.core.errors import UnsupportedByType
from handrail.core.history.facts import PendingTask
from handrail.core.models import Account, ExecutionId, HistoryEvent
from handrail.core.ports import Executions, Histories, RecentStarts
from handrail.core.task_tokens.redaction import Redactor
from handrail.core.task_tokens.shapes import needs_definition
from handrail.core.watch_bus import SharedLists, WatchBus
from handrail.usecases.catalogue import Catalogue

from .definition_cache import Definitions, machine_arn_of
from .express_histories import ExpressHistories
from .forecasts import Forecasts
from .history_reader import HistoryReader
from .map_run_counts import MapRunCounts, MapRunEnds
from .read_budget import ReadBudget

TokensByState = Mapping[str | None, tuple[str, ...]]
SLICE = 256 * 1024  # characters cleaned in one go: AWS's longest payload, some milliseconds
EXPRESS_HAS_NO_HISTORY = (
    "AWS keeps no history of Express executions: they can't be listed, stopped or redriven, and are"
    " shown only where their logs are pushed."
)


@dataclass(slots=True, repr=False)
class TokenRedaction:
    """Of one execution. Its definition is asked for when a task is scheduled that waits for a
    callback; where AWS won't say it, the redactor goes by the shape of tokens. `blind` is
    the last event whose tokens others redacted, so that it didn't learn them, 0 where there is
    none; `started` is when, and by which version's ARN, once the first event was read."""

    definitions: Definitions
    arn: str
    blind: int = field(init=False, default=0)
    started: tuple[datetime, str | None] | None = field(init=False, default=None)
    _redactor: Redactor = field(init=False, default_factory=Redactor)
    _tokens: dict[int, TokensByState] = field(init=False, default_factory=dict)
    _definition: Definition | None = field(init=False, default=None)
    _asked: bool = field(init=False, default=False)

    async def clean(self, events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
        """The same events, redacted; others run after each SLICE. Raises Unavailable where the
        definition can't be read now."""
        cleaned, read = [], 0
        for event in events:
            self._note_start(event)
            if needs_definition(event):
                await self._learn(event)
            cleaned.append(self._redactor.event(event))
            read += sum(len(text) for text in event.details.values() if isinstance(text, str))
            if read >= SLICE:
                await asyncio.sleep(0)
                read = 0
        return cleaned

    def pass_over(self, events: Sequence[HistoryEvent]) -> None:
        """These were redacted by others."""
        for event in events:
            self._note_start(event)
            if needs_definition(event):
                self.blind = event.id

    def _note_start(self, event: HistoryEvent) -> None:
        if event.id == 1:
            version = event.details.get("stateMachineVersionArn")
            self.started = event.at, str(version) if version else None

    async def _learn(self, event: HistoryEvent) -> None:
        # Slow to import, and often never needed.
        from handrail.core.task_tokens.finding import learned, tokens_by_state  # noqa: PLC0415

        definition = await self.definition()
        found = tokens_by_state(event, definition)
        self._redactor.learn(learned(event, found, definition))
        self._tokens[event.id] = found

    async def definition(self) -> Definition | None:
        """What the execution runs; None where AWS won't say, or before the first event was read.
        Raises Unavailable."""
        if not self._asked and self.started is not None:
            self._definition = await self.definitions.of(self.arn, *self.started)
            self._asked = True
        return self._definition

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


@dataclass(frozen=True, slots=True, repr=False)
class Located:
    """Where an execution's history is, if there is one, and its readers. `machine_arn` is
    unqualified."""

    account: Account
    machine_arn: str
    reader: HistoryReader
    redaction: TokenRedaction
    map_run_ends: MapRunEnds = field(default_factory=MapRunEnds)


@dataclass(frozen=True, slots=True, repr=False)
class ExecutionSource:
    """The ports that the watchers of one hub share."""

    catalogue: Catalogue
    executions: Executions
    histories: Histories
    definitions: Definitions
    budget: ReadBudget
    recent: RecentStarts
    map_runs: MapRunCounts
    express: ExpressHistories | None = None
    bus: WatchBus | None = None
    lists: SharedLists | None = None
    forecasts: Forecasts | None = None

    async def locate(self, id: ExecutionId) -> Located:
        """Where its history would be: that of an Express execution is what was pushed of it. Raises
        UnsupportedByType where none are pushed here."""
        express = self.express if self.express is not None and self.express.open else None
        if id.express and express is None:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        account = await self.catalogue.account(id.machine)
        arn = account.execution_arn(id)
        if id.express and express is not None:
            reader = HistoryReader(express.calls, express, arn)
        else:
            reader = HistoryReader(self.budget.histories, self.histories, arn)
        return Located(account, machine_arn_of(arn), reader, TokenRedaction(self.definitions, arn))

    async def started_s_ago(self, id: ExecutionId) -> float:
        """How long ago this service started it, as far as it remembers."""
        start = await self.recent.find(id)
        return start.age_s if start is not None else inf
