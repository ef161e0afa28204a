"""Merges the lists of several state machines, newest first, each read a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from heapq import heapify, heappop, heapreplace

from handrail.core.list_position import MachinePosition, digest
from handrail.core.models import Execution, from_ms, to_ms
from handrail.usecases.live.list_pages import ListedPage, PageKey

SAME_START = timedelta(seconds=10)
"""What tells of one execution's start may differ by less."""


@dataclass(slots=True)
class ListPart:
    """One state machine's executions as far as they are read, and the next one to show. `found` is
    whether the one that was shown last is behind us."""

    key: PageKey
    position: MachinePosition
    page: ListedPage
    next_index: int = field(init=False)
    found: bool = field(init=False)

    def __post_init__(self) -> None:
        self.next_index, self.found = _behind(self.page, self.position)

    @property
    def head(self) -> Execution | None:
        shown = self.page.executions
        return shown[self.next_index] if self.next_index < len(shown) else None

    @property
    def further(self) -> PageKey | None:
        """The page to read before anything more of it can be shown."""
        token = self.page.next_token
        return replace(self.key, token=token) if self.head is None and token else None

    @property
    def rest(self) -> MachinePosition | None:
        """Where it goes on; None where all is shown."""
        return self.position if self.head is not None or self.page.next_token else None

    def show(self) -> Execution:
        shown = self.page.executions[self.next_index]
        self.next_index += 1
        self.position = self.position.behind(shown)
        return shown

    def go_on(self, key: PageKey, page: ListedPage) -> None:
        position = replace(self.position, token=key.token)
        self.key, self.page = key, page
        self.position = MachinePosition(key.token) if self.found else position
        self.next_index, self.found = _behind(page, self.position)


def newest_first(parts: Sequence[ListPart], most: int) -> Iterator[Execution]:
    """Up to where a part has to be read further."""
    heads = [(-to_ms(head.started_at), i) for i, part in enumerate(parts) if (head := part.head)]
    heapify(heads)
    if any(part.further for part in parts):
        return
    while heads and most > 0:
        _, i = heads[0]
        yield parts[i].show()
        most -= 1
        if (head := parts[i].head) is not None:
            heapreplace(heads, (-to_ms(head.started_at), i))
        elif parts[i].further is None:
            heappop(heads)
        else:
            return


def _behind(page: ListedPage, position: MachinePosition) -> tuple[int, bool]:
    """The index of the first to show, and whether the last that was shown lies before it. A list
    may have grown at its head since, and one that is filtered may have lost the very last."""
    if position.last is None or position.last_ms is None:
        return 0, True
    shown, last_at = page.executions, from_ms(position.last_ms)
    for index, execution in enumerate(shown):  # a digest of each would take long
        near = abs(execution.started_at - last_at) < SAME_START
        if near and digest(execution.arn) == position.last:
            return index + 1, True
    starts = [to_ms(execution.started_at) for execution in shown]
    older = any(start < position.last_ms for start in starts)
    if older or page.next_token is None:  # it can't come any more
        places = (place for place, start in enumerate(starts) if start <= position.last_ms)
        return next(places, len(shown)), True
    return len(shown), False
