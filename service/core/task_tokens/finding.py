"""Finds the raw task token of a waiting task in the event that scheduled it.

It is where the state's template in the definition put it. `placement` reads the template into a
small tree of `nodes`, which finds the token in what AWS really sent. Without a definition, the
shape of AWS's tokens has to do, and where nothing has it, a key named `TaskToken`.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from handrail.core.definition.definition import Definition, QueryLanguage, State
from handrail.core.models import HistoryEvent, Json

from . import nodes, shapes
from .jsonata import read_jsonata
from .matching import parsed
from .nodes import NOTHING, TemplateNode
from .shapes import MAX_TOKEN_LENGTH, MOST_LOOKS, is_aws_token

LONGEST_HOLDER = 4 * MAX_TOKEN_LENGTH
"""Characters of a string that is redacted whole: a token and some words around it."""

_NAME = re.compile(r"\s*(States\.\w+)\s*\(")
_CLOSE = re.compile(r"\s*\)\s*")
_STRING = re.compile(r"\s*'((?:[^'\\]|\\.)*)'\s*", re.DOTALL)
_WORD = re.compile(r"\s*(-?[\d.]+(?:[eE][-+]?\d+)?|true|false|null)\s*")
_PATH = re.compile(r"""\s*(\$(?:[^,()\[\]\s]|\[(?:'[^']*'|"[^"]*"|[^\]'"])*\])*)\s*""")
_KEY = re.compile(r"""\.([^\W\d][\w-]*)|\[\s*'([^']*)'\s*\]|\[\s*"([^"]*)"\s*\]""")

ByState = Mapping[str | None, tuple[str, ...]]


def tokens_by_state(event: HistoryEvent, definition: Definition | None) -> ByState:
    """The tokens in a TaskScheduled event, usually one, for each state that may have scheduled it:
    every state that calls the event's resource and sends its token somewhere. Under None, what
    shape and key tell where no template leads to a token. Empty where parameters are truncated."""
    text = _parameters_of(event)
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
    text = _parameters_of(event)
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


def _parameters_of(event: HistoryEvent) -> str:
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


def placement(state: State) -> TemplateNode:
    """The value that the state sends, seen from its token; `Nothing` where it doesn't send it."""
    if "Arguments" in state.raw:
        return _template(state.raw["Arguments"])
    input_path = str(state.raw.get("InputPath"))
    root = _path(input_path, NOTHING) if input_path.startswith("$$") else NOTHING
    if "Parameters" in state.raw:
        return _template(state.raw["Parameters"], root)
    return NOTHING if state.query_language is QueryLanguage.JSONATA else root


def _template(template: Json, root: TemplateNode | None = None) -> TemplateNode:
    """The value of a template: with `root`, JSONPath's; else JSONata's."""
    if isinstance(template, dict):
        fields: list[TemplateNode] = []
        for key, value in template.items():
            if root is not None and key.endswith(".$") and isinstance(value, str):
                fields.append(nodes.Field((_expression(value, root),), key[:-2]))
            else:
                fields.append(nodes.Field((_template(value, root),), key))
        return nodes.Composite(tuple(fields))
    if isinstance(template, list):
        return nodes.Items(tuple(_template(item, root) for item in template))
    text = template.strip() if isinstance(template, str) else ""
    if root is None and text.startswith("{%") and text.endswith("%}"):
        return read_jsonata(text[2:-2])
    return nodes.Nothing(template) if isinstance(template, str) else NOTHING


def _expression(text: str, root: TemplateNode) -> TemplateNode:
    """The value of a `"key.$"` field; one we can't read carries the token if it names it. `root` is
    what `$` stands for: Nothing, or the token in an input taken from the context."""
    try:
        node, end = _read(text, 0, root)
        if text[end:].strip():
            raise ValueError(text)
    except (ValueError, RecursionError):
        return nodes.Somewhere() if "$$" in text else root.anywhere()
    return node


def _path(path: str, root: TemplateNode) -> TemplateNode:
    """The value at `$$.Task.Token`, `$['Task']`, … A `$variable` was set before the token was.
    Where the path does more than follow keys, the token may be anywhere in what it selects."""
    node: TemplateNode = nodes.TASK
    if path.startswith("$$"):
        rest = path[2:]
    elif path[1:2] in {"", ".", "["}:
        node, rest = root, path[1:]
    else:
        return NOTHING
    while rest:
        if (match := _KEY.match(rest)) is None:
            return node.anywhere()
        node = node.at_key(match[1] or match[2] or match[3] or "")
        rest = rest[match.end() :]
    return node


def _read(text: str, at: int, root: TemplateNode) -> tuple[TemplateNode, int]:
    """One expression that begins here, and where it ends. Raises ValueError."""
    if match := _NAME.match(text, at):
        arguments: list[TemplateNode] = []
        at = match.end()
        while (close := _CLOSE.match(text, at)) is None:
            if arguments and text[at : at + 1] != ",":
                raise ValueError(text)
            node, at = _read(text, at + bool(arguments), root)
            arguments.append(node)
        return nodes.call(_FUNCTIONS, match[1], arguments), close.end()
    if match := _STRING.match(text, at):
        return nodes.Nothing(re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL)), match.end()
    if match := _WORD.match(text, at):
        return nodes.Nothing(match[1]), match.end()
    if match := _PATH.match(text, at):
        return _path(match[1], root), match.end()
    raise ValueError(text)


def _format(arguments: Sequence[TemplateNode]) -> TemplateNode:
    template, *values = arguments
    text = template.text if isinstance(template, nodes.Nothing) else None
    if text is None or text.count("{}") != len(values):
        return nodes.Somewhere()
    first, *pieces = map(nodes.Nothing, text.split("{}"))
    return nodes.Concat((first, *chain.from_iterable(zip(values, pieces, strict=True))))


def _string_to_json(arguments: Sequence[TemplateNode]) -> TemplateNode:
    text = arguments[0]
    if isinstance(text, nodes.Coded) and text.codec == "json":
        return text.parts[0]
    return nodes.Somewhere()


_FUNCTIONS: dict[str, nodes.Function] = {
    "States.Hash": lambda _: NOTHING,
    "States.ArrayLength": lambda _: NOTHING,
    "States.ArrayContains": lambda _: NOTHING,
    "States.Format": _format,
    "States.JsonToString": "json",
    "States.StringToJson": _string_to_json,
    "States.Array": lambda arguments: nodes.Items(tuple(arguments)),
    "States.JsonMerge": lambda arguments: nodes.Composite(tuple(arguments)),
    "States.Base64Encode": "base64",
    "States.Base64Decode": "from_base64",
}
