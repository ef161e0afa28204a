"""Finds the raw task token of a waiting task in the event that scheduled it.

The token stands in the parameters the task was called with, wherever the state's template put
it; the definition says where. Without one, key names and the look of a token have to do.
"""

from collections.abc import Iterable, Iterator, Mapping

from .definition import Definition, State
from .models import HistoryEvent, Json
from .placement import placement
from .placement.matching import aws_tokens_within, leaves, parsed
from .token_shape import needs_definition

MAX_TOKEN_LENGTH = 2048

_SURE_NAMES = {"tasktoken"}
_LIKELY_NAMES = {"token", "callbacktoken", "sfntoken", "stepfunctionstoken", "tasktokenid"}


def tokens_by_state(
    event: HistoryEvent, definition: Definition | None
) -> Mapping[str | None, tuple[str, ...]]:
    """The tokens in a TaskScheduled event, usually one, for each state that may have scheduled it:
    every state that calls the event's resource and sends its token somewhere. Under None, what key
    names and looks say where no state's template leads to a token.

    Empty for any other event and for truncated parameters.
    """
    parameters = _parameters(event) if needs_definition(event) else None
    if parameters is None:
        return {}
    called = f"{event.details.get('resourceType', '')}:{event.details['resource']}"
    states = [s for s in _states(definition) if s.resource.endswith(called)]
    placed = {state.name: _by_placement(state, parameters) for state in states}
    found: dict[str | None, tuple[str, ...]] = {k: v for k, v in placed.items() if v}
    return found or {None: _distinct(_by_look(parameters))}


def _states(definition: Definition | None) -> Iterable[State]:
    return definition.all_states if definition else ()


def _parameters(event: HistoryEvent) -> Json:
    details = event.details.get("parametersDetails")
    text = event.details.get("parameters")
    if (isinstance(details, dict) and details.get("truncated")) or not isinstance(text, str):
        return None
    return parsed(text.strip())


def _by_placement(state: State, parameters: Json) -> tuple[str, ...]:
    """Looks help out only where the template does carry the token but its value has taken
    another shape than expected."""
    tree = placement(state)
    if not tree.carries():
        return ()
    return _distinct(tree.extract(parameters)) or _distinct(_by_look(parameters))


def _by_look(parameters: Json) -> Iterator[str]:
    """A UUID alone proves nothing: payloads are full of them."""
    pairs = list(_pairs(parameters))
    named = [value for key, value in pairs if _plain(key) in _SURE_NAMES]
    if named:
        yield from named
        return
    certain = tuple(aws_tokens_within([value for _, value in pairs]))
    yield from certain or (value for key, value in pairs if _plain(key) in _LIKELY_NAMES)


def _pairs(parameters: Json) -> Iterator[tuple[str, str]]:
    """Every string with its key, also inside strings that hold JSON themselves."""
    for key, value in leaves(parameters):
        if isinstance(value, str):
            inner = parsed(value)
            yield from _pairs(inner) if inner is not None else ((key, value),)


def _plain(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _distinct(tokens: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for t in tokens if 0 < len(t) <= MAX_TOKEN_LENGTH))
