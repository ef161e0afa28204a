"""What an expression makes of the task token, and how to get the token back out of its value."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from service.core.models import Json
from service.core.token_shape import MAX_TOKEN_LENGTH, looks_like_token

from .matching import Edge, cuts, decoded, parsed, tokens_within

TASK_TOKEN = ("Task", "Token")


class UnreadableError(Exception):
    """An expression isn't one of the kinds we read."""


class Node(ABC):
    """One value of a template, seen from the token."""

    __slots__ = ()

    @abstractmethod
    def carries(self) -> bool:
        """Whether the value may hold the token at all."""

    @abstractmethod
    def extract(self, value: Json) -> Iterator[str]:
        """The tokens found in what the template became; none where it has another shape."""

    def holders(self, value: Json) -> Iterator[str]:
        """The whole strings that hold the token, wherever in them it stands."""
        return self.extract(value)

    @property
    def longest(self) -> int | None:
        """How many characters the value has at most, where that is known."""
        return None


@dataclass(frozen=True, slots=True)
class Nothing(Node):
    """A value that doesn't depend on the token. `text` where it is known to be that string."""

    text: str | None = None

    def carries(self) -> bool:
        return False

    def extract(self, value: Json) -> Iterator[str]:
        yield from ()


@dataclass(frozen=True, slots=True)
class TokenAt(Node):
    """The token, at these keys inside the value: `()` for the token itself."""

    keys: tuple[str, ...] = ()

    def carries(self) -> bool:
        return True

    def extract(self, value: Json) -> Iterator[str]:
        for key in self.keys:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str) and value:
            yield value

    @property
    def longest(self) -> int | None:
        return None if self.keys else MAX_TOKEN_LENGTH


@dataclass(frozen=True, slots=True)
class Concat(Node):
    """A string joined from the texts of its parts."""

    parts: tuple[Node, ...]

    def carries(self) -> bool:
        return any(part.carries() for part in self.parts)

    def extract(self, value: Json) -> Iterator[str]:
        for index, part in enumerate(self.parts):
            if part.carries() and isinstance(value, str):
                before = _literal(self.parts[:index][::-1])
                after = _literal(self.parts[index + 1 :])
                before = Edge(before.texts[::-1], before.whole)
                pieces = cuts(value, before, after, longest=part.longest)
                yield from _likeliest(tuple(part.extract(piece)) for piece in pieces)

    def holders(self, value: Json) -> Iterator[str]:
        if isinstance(value, str) and self.carries():
            yield value


@dataclass(frozen=True, slots=True)
class Coded(Node):
    """A reversible coding of one value."""

    codec: str
    inner: Node

    def carries(self) -> bool:
        return self.inner.carries()

    def extract(self, value: Json) -> Iterator[str]:
        try:
            inner = _DECODERS[self.codec](value)
        except (AttributeError, TypeError, ValueError, RecursionError):
            return
        yield from self.inner.extract(inner)

    def holders(self, value: Json) -> Iterator[str]:
        try:
            inner = _DECODERS[self.codec](value)
        except (AttributeError, TypeError, ValueError, RecursionError):
            return
        yield from self.inner.holders(inner)

    @property
    def longest(self) -> int | None:
        return self.inner.longest if self.codec == "text" else None


@dataclass(frozen=True, slots=True)
class Items(Node):
    """An array, item by item."""

    items: tuple[Node, ...]

    def carries(self) -> bool:
        return any(item.carries() for item in self.items)

    def extract(self, value: Json) -> Iterator[str]:
        found = value if isinstance(value, list) else ()
        for item, part in zip(self.items, found, strict=False):
            yield from item.extract(part)

    def holders(self, value: Json) -> Iterator[str]:
        found = value if isinstance(value, list) else ()
        for item, part in zip(self.items, found, strict=False):
            yield from item.holders(part)


@dataclass(frozen=True, slots=True)
class Fields(Node):
    """An object, key by key."""

    fields: tuple[tuple[str, Node], ...]

    def carries(self) -> bool:
        return any(node.carries() for _, node in self.fields)

    def extract(self, value: Json) -> Iterator[str]:
        if isinstance(value, dict):
            for key, node in self.fields:
                yield from node.extract(value.get(key))

    def holders(self, value: Json) -> Iterator[str]:
        if isinstance(value, dict):
            for key, node in self.fields:
                yield from node.holders(value.get(key))


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """One of these, or all merged into one value."""

    options: tuple[Node, ...]

    def carries(self) -> bool:
        return any(option.carries() for option in self.options)

    def extract(self, value: Json) -> Iterator[str]:
        for option in self.options:
            yield from option.extract(value)

    def holders(self, value: Json) -> Iterator[str]:
        for option in self.options:
            yield from option.holders(value)


@dataclass(frozen=True, slots=True)
class Somewhere(Node):
    """The token may be in there, but how can't be told: only its look can."""

    def carries(self) -> bool:
        return True

    def extract(self, value: Json) -> Iterator[str]:
        return tokens_within(value)


NOTHING = Nothing()


def argument_text(node: Node) -> Node:
    """The value as a larger string is joined from it: strings bare, the rest as JSON."""
    return Coded("text", node) if node.carries() else node


def _likeliest(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The first that has the look of a token; else what was found, unless that is several things:
    none of them is sure then."""
    others = set[tuple[str, ...]]()
    for tokens in filter(None, found):
        if any(map(looks_like_token, tokens)):
            return tokens
        others.add(tokens)
    return others.pop() if len(others) == 1 else ()


def _literal(parts: tuple[Node, ...]) -> Edge:
    """The certain texts next to a part, nearest first."""
    texts: list[str] = []
    for part in parts:
        if not isinstance(part, Nothing) or part.text is None:
            return Edge(tuple(texts), whole=False)
        texts.append(part.text)
    return Edge(tuple(texts), whole=True)


def _from_text(value: Json) -> Json:
    """What `$string` and `States.Format` write: strings as they are, the rest as JSON."""
    inner = parsed(value) if isinstance(value, str) else None
    return value if inner is None else inner


def _from_base64(value: Json) -> Json:
    return base64.b64decode(value, validate=True).decode()


def _to_base64(value: Json) -> Json:
    return base64.b64encode(value.encode()).decode()


_DECODERS: dict[str, Callable[[Json], Json]] = {
    "json": decoded,
    "text": _from_text,
    "base64": _from_base64,
    "from_base64": _to_base64,
    "url": unquote,
    "from_url": lambda value: quote(value, safe=""),
}
