"""Where a watcher reads from: locating an execution, and cleaning what is read of secrets."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.core.definition import Definition
from service.core.errors import UnsupportedByType
from service.core.history import PendingTask
from service.core.models import Account, ExecutionId, HistoryEvent
from service.core.ports import Executions, Histories, StateMachines
from service.core.redaction import Redactor
from service.core.token_shape import needs_definition
from service.usecases.catalogue import Catalogue
from service.usecases.recent import RecentStarts

from .budget import ReadBudget
from .definitions import Definitions, Origin, machine_arn_of
from .reader import HistoryReader


@dataclass(frozen=True, slots=True)
class Located:
    """Where an execution's history is, if there is such an execution."""

    id: ExecutionId
    arn: str
    account: Account

    @property
    def machine_arn(self) -> str:
        """The unqualified one, also of a Map Run's children."""
        return machine_arn_of(self.arn, self.id)


class Cleaner:
    """Takes the task tokens out of events before anything else sees them.

    The definition is only asked for when a task that waits for a callback is scheduled.
    """

    def __init__(self, definitions: Definitions, located: Located) -> None:
        self._definitions = definitions
        self._located = located
        self._origin: Origin | None = None
        self._redactor = Redactor()
        self._tokens: dict[int, Mapping[str | None, tuple[str, ...]]] = {}
        self._definition: Definition | None = None
        self._asked = False

    async def clean(self, events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
        """The same events, redacted. Raises Unavailable where the definition can't be read now."""
        cleaned = []
        for event in events:
            if event.id == 1:
                self._origin = Origin.of(self._located.id, self._located.arn, event)
            if needs_definition(event):
                await self._learn(event)
            cleaned.append(self._redactor.event(event))
        return cleaned

    async def _learn(self, event: HistoryEvent) -> None:
        from service.core.tokens import tokens_by_state  # noqa: PLC0415 - slow, often never needed

        found = tokens_by_state(event, await self._known_definition())
        self._redactor.learn(token for tokens in found.values() for token in tokens)
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


class Source:
    """What the watchers of one hub share."""

    def __init__(
        self,
        catalogue: Catalogue,
        executions: Executions,
        histories: Histories,
        machines: StateMachines,
        *,
        budget: ReadBudget,
        recent: RecentStarts,
    ) -> None:
        self.budget = budget
        self.executions = executions
        self._catalogue = catalogue
        self._histories = histories
        self._definitions = Definitions(machines, budget)
        self._recent = recent

    async def locate(self, id: ExecutionId) -> Located:
        """Where its history would be: whether there is one shows when it is read. Raises
        UnsupportedByType for an Express execution."""
        if id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        account = await self._catalogue.account()
        return Located(id, account.execution_arn(id), account)

    def started_at(self, id: ExecutionId) -> datetime | None:
        """When AWS says it started, None where this process didn't start it lately."""
        return self._recent.started_at(id)

    def just_started(self, id: ExecutionId) -> bool:
        """Whether this process started it so recently that AWS may not show it yet."""
        return self._recent.just_started(id)

    def reader(self, located: Located) -> HistoryReader:
        return HistoryReader(self.budget.histories, self._histories, located.arn)

    def cleaner(self, located: Located) -> Cleaner:
        return Cleaner(self._definitions, located)


EXPRESS_HAS_NO_HISTORY = "AWS keeps no history of Express executions: nothing of them can be read."
