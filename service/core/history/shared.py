"""Handlers of events, and the decorator that hands them the visit their event is about."""

from collections.abc import Callable

from service.core.models import HistoryEvent

from .tree import Tree
from .visits import Lane, Visit

EventHandler = Callable[[Tree, HistoryEvent], Lane]
"""Makes an event's moves and answers the lane on which the event stands."""

Find = Callable[[Tree, HistoryEvent], Visit | None]
Act = Callable[[Tree, Visit, HistoryEvent], None]


def on_visit(find: Find) -> Callable[[Act], EventHandler]:
    """The event stands where the visit does that `find` answers; without one, nothing moves."""

    def decorated(act: Act) -> EventHandler:
        def handle(tree: Tree, event: HistoryEvent) -> Lane:
            visit = find(tree, event)
            if visit is None:
                return tree.stay(event)
            act(tree, visit, event)
            return visit.lane

        return handle

    return decorated
