"""Finds the raw task token of a waiting task in the event that scheduled it.

It is where the state's template in the definition put it in the task's parameters. Without a
definition, the shape of AWS's tokens has to do, and where nothing has it, a key named `TaskToken`.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from service.core.definition.definition import Definition
from service.core.models import HistoryEvent

from . import shapes
from .location import placement
from .matching import parsed
from .nodes import TemplateNode
from .shapes import MAX_TOKEN_LENGTH, MOST_LOOKS, is_aws_token

LONGEST_HOLDER = 4 * MAX_TOKEN_LENGTH
"""Characters of a string that is redacted whole: a token and some words around it."""

ByState = Mapping[str | None, tuple[str, ...]]


def tokens_by_state(event: HistoryEvent, definition: Definition | None) -> ByState:
    """The tokens in a TaskScheduled event, usually one, for each state that may have scheduled it:
    every state that calls the event's resource and sends its token somewhere. Under None, what
    shape and key tell where no state's template leads to a token.

    Empty for any other event and for truncated parameters."""
    text = _parameters(event)
    if (parameters := parsed(text)) is None:
        return {}
    trees = _trees(event, definition)
    placed = {name: _distinct(tree.extract(parameters)) for name, tree in trees}
    # Shape helps a template out that does carry the token, in another form than expected.
    looks = () if placed and all(placed.values()) else _without_template(text)
    found: dict[str | None, tuple[str, ...]] = {
        name: tokens or looks for name, tokens in placed.items() if tokens or looks
    }
    return found or {None: looks}


def learned(
    event: HistoryEvent, found: ByState, definition: Definition | None = None
) -> Iterator[str]:
    """The texts to redact from now on: the tokens found, and where shape alone led to them, also
    what is under a key named `TaskToken`. Where the definition says that a string holds the token,
    and neither template nor shape say where in it, all of the string."""
    for tokens in found.values():
        yield from tokens
    text = _parameters(event)
    if any(map(is_aws_token, found.get(None, ()))):
        yield from _distinct(islice(shapes.named_tokens(text), MOST_LOOKS))
    if any(map(is_aws_token, chain.from_iterable(found.values()))):
        return
    parameters = parsed(text)
    for _, tree in _trees(event, definition) if parameters is not None else ():
        if next(tree.extract(parameters), None) is None:
            holders = (holder for holder, _ in tree.find(parameters))
            yield from (text for text in holders if len(text) <= LONGEST_HOLDER)


def _trees(
    event: HistoryEvent, definition: Definition | None
) -> Iterator[tuple[str, TemplateNode]]:
    """The template of each state that calls the event's resource and sends its token."""
    called = f"{event.details.get('resourceType', '')}:{event.details['resource']}"
    for state in definition.all_states if definition else ():
        if state.resource.endswith(called) and (tree := placement(state)).carries():
            yield state.name, tree


def _parameters(event: HistoryEvent) -> str:
    """JSON text; empty where the event brings no token or its parameters are cut off."""
    details, text = event.details.get("parametersDetails"), event.details.get("parameters")
    truncated = isinstance(details, dict) and details.get("truncated")
    known = isinstance(text, str) and not truncated and shapes.needs_definition(event)
    return str(text).strip() if known else ""


def _without_template(text: str) -> tuple[str, ...]:
    """A UUID alone proves nothing: payloads are full of them, and of keys like `token`. Where one
    stands in base64, it may be the task's own and the others its parent's: none is sure."""
    if next(shapes.base64_spans(text), None):
        return ()
    certain = _distinct(islice(shapes.aws_tokens(text), MOST_LOOKS))
    return certain or _distinct(islice(shapes.named_tokens(text), MOST_LOOKS))


def _distinct(tokens: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for t in tokens if 0 < len(t) <= MAX_TOKEN_LENGTH))
