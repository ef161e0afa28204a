"""Where a watcher reads from: locating an execution, and what reads and cleans its history."""

from dataclasses import dataclass
from datetime import datetime

from service.core.errors import UnsupportedByType
from service.core.models import Account, ExecutionId
from service.core.ports import Executions, StateMachines
from service.usecases.catalogue import Catalogue
from service.usecases.recent import RecentStarts

from .reader import HistoryReader, PacedReads
from .token_redaction import TokenRedaction


@dataclass(frozen=True, slots=True)
class Located:
    """An execution that exists. `started_at`, its startDate, is the cursor's epoch."""

    arn: str
    account: Account
    started_at: datetime


class Source:
    """What the watchers of one hub share."""

    def __init__(
        self,
        catalogue: Catalogue,
        executions: Executions,
        machines: StateMachines,
        reads: PacedReads,
        recent: RecentStarts,
    ) -> None:
        self._catalogue = catalogue
        self._executions = executions
        self._machines = machines
        self._reads = reads
        self._recent = recent

    async def locate(self, id: ExecutionId) -> Located:
        """Raises ExecutionNotFound, UnsupportedByType for an Express execution."""
        if id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        account = await self._catalogue.account()
        arn = account.execution_arn(id)
        if (started_at := self._recent.started_at(id)) is None:
            started_at = (await self._reads.call(lambda: self._executions.describe(arn))).started_at
        return Located(arn, account, started_at)

    def just_started(self, id: ExecutionId) -> bool:
        """Whether this process started it so recently that AWS may not show it yet."""
        return self._recent.just_started(id)

    def wait_s(self) -> float:
        """How long a read asked for now would wait for its turn."""
        return self._reads.wait_s()

    def reader(self, located: Located) -> HistoryReader:
        return HistoryReader(self._reads, located.arn)

    def cleaner(self, located: Located) -> TokenRedaction:
        return TokenRedaction(self._machines, self._reads, located.arn)


EXPRESS_HAS_NO_HISTORY = "AWS keeps no history of Express executions: nothing of them can be read."
