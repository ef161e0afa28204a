"""Describes what an expression makes of the task token, and gets it back out of the value."""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from handrail.core.models import Json

from .matching import LiteralText, cuts, decoded, parsed, tokens_within
from .shapes import MAX_TOKEN_LENGTH, looks_like_token


class TemplateNode:
    """One value of a template, seen from the token."""

    __slots__ = ()

    def carries(self) -> bool:
        """True where the value may hold the token at all."""
        return not isinstance(self, Nothing)

    def find(self, value: Json) -> Iterator[tuple[str, Iterable[str]]]:
        """The strings that hold the token in what the template became, each with the tokens that
        can be cut out of it; none where the value has another shape."""
        yield from ()

    def extract(self, value: Json) -> Iterator[str]:
        """The tokens found in what the template became."""
        for _, tokens in self.find(value):
            yield from tokens

    def at_key(self, key: str) -> "TemplateNode":
        """The value under this key."""
        return self.anywhere()

    def anywhere(self) -> "TemplateNode":
        """What can't be told exactly, made of this value."""
        return Somewhere() if self.carries() else NOTHING


@dataclass(frozen=True, slots=True)
class Nothing(TemplateNode):
    """A value that doesn't depend on the token. `text` where it is known to be that string."""

    text: str | None = None


class Somewhere(TemplateNode):
    """The token may be in there, but how can't be told: only its look can."""

    def find(self, value: Json) -> Iterator[tuple[str, Iterable[str]]]:
        return ((token, (token,)) for token in tokens_within(value))


@dataclass(frozen=True, slots=True)
class Token(TemplateNode):
    """The token itself."""

    def find(self, value: Json) -> Iterator[tuple[str, Iterable[str]]]:
        if isinstance(value, str) and value:
            yield value, (value,)

    def at_key(self, key: str) -> TemplateNode:
        return NOTHING


@dataclass(frozen=True, slots=True)
class Composite(TemplateNode):
    """A value made of others: one of them, or all merged into one."""

    parts: tuple[TemplateNode, ...]

    def carries(self) -> bool:
        return any(part.carries() for part in self.parts)

    def find(self, value: Json) -> Iterator[tuple[str, Iterable[str]]]:
        for part, inner in self._inside(value):
            yield from part.find(inner)

    def _inside(self, value: Json) -> Iterable[tuple[TemplateNode, Json]]:
        """The parts, each with what it became; none where the value has another shape."""
        return ((part, value) for part in self.parts)


class Concat(Composite):
    """A string joined from its parts: strings bare, the rest as JSON."""

    def find(self, value: Json) -> Iterator[tuple[str, Iterable[str]]]:
        if isinstance(value, str) and self.carries():
            yield value, self._cut(value)

    def _cut(self, value: str) -> Iterator[str]:
        for index, part in enumerate(self.parts):
            if part.carries():
                before = _literals(self.parts[:index], before=True)
                after = _literals(self.parts[index + 1 :], before=False)
                read, inner = Coded((part,), "text"), part
                while isinstance(inner, Coded) and inner.codec == "text":
                    inner = inner.parts[0]
                longest = MAX_TOKEN_LENGTH if isinstance(inner, Token) else None
                pieces = cuts(value, before, after, longest)
                yield from _likeliest(tuple(read.extract(piece)) for piece in pieces)


class Items(Composite):
    """An array, item by item."""

    def _inside(self, value: Json) -> Iterable[tuple[TemplateNode, Json]]:
        return zip(self.parts, value if isinstance(value, list) else (), strict=False)


@dataclass(frozen=True, slots=True)
class Field(Composite):
    """An object with one value under this key; all of an object's fields are a Composite."""

    key: str

    def at_key(self, key: str) -> TemplateNode:
        return self.parts[0] if key == self.key else NOTHING

    def _inside(self, value: Json) -> Iterable[tuple[TemplateNode, Json]]:
        return ((self.parts[0], value.get(self.key)),) if isinstance(value, dict) else ()


@dataclass(frozen=True, slots=True)
class Coded(Composite):
    """A reversible coding of one value."""

    codec: str

    def _inside(self, value: Json) -> Iterable[tuple[TemplateNode, Json]]:
        try:
            return ((self.parts[0], _DECODERS[self.codec](value)),)
        except (AttributeError, TypeError, ValueError, RecursionError):
            return ()


TASK = Field((Field((Token(),), "Token"),), "Task")
"""The context object's `Task`, the one thing in it that holds the token."""
NOTHING = Nothing()
Function = str | Callable[[Sequence[TemplateNode]], TemplateNode]
"""Builds a function's value from its arguments; a codec's name where it codes the first of them."""


def call(
    functions: Mapping[str, Function], name: str, arguments: Sequence[TemplateNode]
) -> TemplateNode:
    """The value of `name(arguments…)`. A function that isn't known may do anything."""
    if not any(argument.carries() for argument in arguments):
        return NOTHING
    function = functions.get(name)
    if isinstance(function, str):
        return Coded((arguments[0],), function)
    return function(arguments) if function else Somewhere()


def _likeliest(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The first that has the look of a token; else what was found, unless that is several things:
    none of them is sure then."""
    others = set[tuple[str, ...]]()
    for tokens in filter(None, found):
        if any(map(looks_like_token, tokens)):
            return tokens
        others.add(tokens)
    return others.pop() if len(others) == 1 else ()


def _literals(parts: Sequence[TemplateNode], *, before: bool) -> LiteralText:
    """The certain text right before a part, or right after it."""
    text = ""
    for part in reversed(parts) if before else parts:
        if not isinstance(part, Nothing) or part.text is None:
            return LiteralText(text, whole=False)
        text = part.text + text if before else text + part.text
    return LiteralText(text, whole=True)


def _from_text(value: Json) -> Json:
    """Reads what `$string` and `States.Format` write: strings as they are, the rest as JSON."""
    inner = parsed(value) if isinstance(value, str) else None
    return value if inner is None else inner


_DECODERS: dict[str, Callable[[Json], Json]] = {
    "json": decoded,
    "text": _from_text,
    "base64": lambda value: base64.b64decode(value, validate=True).decode(),
    "from_base64": lambda value: base64.b64encode(value.encode()).decode(),
    "url": unquote,
    "from_url": lambda value: quote(value, safe=""),
}
