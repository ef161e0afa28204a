"""What handlers of all kinds of events share."""

from service.core.models import HistoryEvent

from .facts import StateError
from .tree import Tree
from .visits import Line, Visit


def stay(tree: Tree, event: HistoryEvent) -> Line:
    """Nothing moves: the event stands where its predecessor stood."""
    return tree.line_at(event) or tree.root


def named(tree: Tree, event: HistoryEvent, name: str | None) -> tuple[Visit | None, list[Line]]:
    return tree.climb(event, lambda visit: visit.record.name == name)


def error_of(event: HistoryEvent) -> StateError:
    return StateError(event.details.get("error"), event.details.get("cause"))
