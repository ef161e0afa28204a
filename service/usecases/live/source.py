"""Where a watcher reads from: locating an execution, and what reads and cleans its history."""

from dataclasses import dataclass
from datetime import datetime

from service.core.errors import UnsupportedByType
from service.core.models import Account, ExecutionId
from service.core.ports import Executions, Histories, StateMachines
from service.usecases.catalogue import Catalogue
from service.usecases.recent import RecentStarts

from .budget import ReadBudget
from .definitions import Definitions, machine_arn_of
from .reader import HistoryReader
from .token_redaction import TokenRedaction


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


class ExecutionSource:
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

    def redaction(self, located: Located) -> TokenRedaction:
        return TokenRedaction(self._definitions, located.id, located.arn)


EXPRESS_HAS_NO_HISTORY = "AWS keeps no history of Express executions: nothing of them can be read."
