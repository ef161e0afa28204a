"""Lists the items of a distributed Map, which are the child executions of its Map Runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handrail.core.errors import FieldError, InvalidRequest, UnsupportedByEndpoint
from handrail.core.history.item_log import RecordedRun
from handrail.core.history.visits import sum_of_items
from handrail.core.models import Execution, ExecutionStatus, Page
from handrail.core.protocol.document_shapes import ItemsDocument
from handrail.usecases.live.map_run_counts import MapRunCounts
from handrail.usecases.live.read_budget import PacedCalls

MOST_LISTS = 4  # calls for one page: Map Runs without a child in the wanted status bring nothing
MOST_COUNTED = 4
UNLISTED = "This Step Functions endpoint doesn't list the child executions of a Map Run."


@dataclass(frozen=True, slots=True)
class ChildPosition:
    """Behind what AWS's `token` stands for, in the Map Run that this event began."""

    started: int
    token: str | None = None


@dataclass(frozen=True, slots=True)
class ChildPage:
    """Each child with its Map Run; `next` is None where there are no more."""

    children: tuple[tuple[RecordedRun, Execution], ...]
    next: ChildPosition | None


@dataclass(frozen=True, slots=True, repr=False)
class MapRunItems:
    counted: MapRunCounts
    lists: PacedCalls

    async def page(
        self,
        runs: Sequence[RecordedRun],
        at: ChildPosition | None,
        status: ExecutionStatus | None,
        *,
        most: int,
        due_at: Callable[[], float],
    ) -> ChildPage:
        """So many children of these Map Runs, in their order, each call due at `due_at()`. Raises
        InvalidRequest for a position that isn't there, UnsupportedByType, UnsupportedByEndpoint,
        Unavailable."""
        left = [run for run in runs if at is None or run.started <= at.started]
        if at is not None and (not left or left[0].started != at.started):
            raise _no_page()
        found: list[tuple[RecordedRun, Execution]] = []
        token = at.token if at is not None else None
        for _ in range(MOST_LISTS):
            if not left or len(found) >= most:
                break
            page = await self._list(left[0], status, most - len(found), token, due_at())
            found += [(left[0], child) for child in page.items]
            token = page.next_token
            left = left if token is not None else left[1:]
        return ChildPage(tuple(found), ChildPosition(left[0].started, token) if left else None)

    async def counts(self, runs: Sequence[RecordedRun]) -> ItemsDocument | None:
        """All of them together as they stand; None where AWS doesn't say at once."""
        if len(runs) > MOST_COUNTED:
            return None
        counted = [await self.counted.now(run.arn) for run in runs]
        known = [counts for counts in counted if counts is not None]
        return sum_of_items(known) if len(known) == len(runs) else None

    async def _list(
        self,
        run: RecordedRun,
        status: ExecutionStatus | None,
        limit: int,
        token: str | None,
        due_at: float,
    ) -> Page[Execution]:
        try:
            return await self.lists.request(
                due_at,
                self.counted.map_runs.list_children,
                run.arn,
                status=status,
                limit=limit,
                token=token,
            )
        except UnsupportedByEndpoint as error:
            raise UnsupportedByEndpoint(UNLISTED) from error
        except InvalidRequest as error:
            if token is None:
                raise
            raise _no_page() from error


def _no_page() -> InvalidRequest:
    message = "No `next_page` of this list."
    return InvalidRequest(message, errors=[FieldError("page", message)])
