"""Reads JSONata expressions as AWS does when a state machine is created: what doesn't parse, and
what Step Functions hasn't, is refused there.

An expression has no context to begin with: the input is `$states.input`, so a bare `name` at the
top level, `$` and `$$` mean nothing; inside a path, a predicate or a function's body they do.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from threading import local
from typing import Any

MEMBERS = {"input", "result", "errorOutput", "context"}
"""What `$states` has; `errorOutput` in a Catch alone."""

_FUNCTIONS = frozenset(
    """
    abs append assert average base64decode base64encode boolean ceil clone contains count
    decodeUrl decodeUrlComponent distinct each encodeUrl encodeUrlComponent error eval exists
    filter floor formatBase formatInteger formatNumber fromMillis hash join keys length lookup
    lowercase map match max merge millis min not now number pad parse parseInteger partition power
    random range reduce replace reverse round shuffle sift single sort split spread sqrt string
    substring substringAfter substringBefore sum toMillis trim type uppercase uuid zip
    """.split()  # noqa: SIM905 - they read better as words
)
_PARTS = ("expression", "expressions", "lhs", "rhs", "lhs_object", "rhs_object")
_PARTS_IN_CONTEXT = ("predicate", "stages", "terms", "expr", "pattern", "update", "delete")
_NAMED = re.compile(r"\{\{\w+\}\}")
_of_thread = local()


@dataclass(slots=True)
class Reading:
    """Of one expression: `problem` why it doesn't parse; `unsupported` what AWS refuses in it;
    `members` those of `$states`; `variables` those read and not set in it; `calls` functions."""

    problem: str | None = None
    unsupported: list[str] = field(default_factory=list)
    members: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)


def expression_in(text: str) -> str | None:
    """What stands between `{%` and `%}`, None where the text is no expression."""
    is_one = text.startswith("{%") and text.endswith("%}") and len(text) >= 4
    return text[2:-2] if is_one else None


def is_half(text: str) -> bool:
    """True where only one of the marks is there, or spaces stand outside of them."""
    return (text.startswith("{%") or text.endswith("%}")) and expression_in(text) is None


@lru_cache(4096)
def read_expression(expression: str) -> Reading:
    """Raises nothing. The same object for the same text: not to be changed."""
    from jsonata.jexception import JException  # noqa: PLC0415 - 30 ms that few commands need
    from jsonata.parser import Parser  # noqa: PLC0415

    if not hasattr(_of_thread, "parser"):  # making one takes twice as long as its work
        _of_thread.parser = Parser()
    try:
        tree = _of_thread.parser.parse(expression)
    except JException as error:
        return Reading(problem=_in_quotes(error, JException.error_codes.get(error.error, "")))
    except (
        Exception
    ) as error:  # the parser's own mistakes: whatever it is, AWS can't read it either
        return Reading(problem=f"it can't be read ({type(error).__name__})")
    reading, bound = Reading(), set[str]()
    _Walk(reading, bound).visit(tree, at_top=True)
    reading.variables -= bound | _FUNCTIONS | {"states"}
    return reading


def _in_quotes(error: Any, template: str) -> str:
    """The message as JSONata's own parser has it, and AWS: what it names stands in quotes."""
    named = iter((error.current, error.expected))
    return _NAMED.sub(lambda _: json.dumps(next(named, "")), template) or str(error)


@dataclass(slots=True)
class _Walk:
    reading: Reading
    bound: set[str]

    def visit(self, tree: Any, *, at_top: bool) -> None:
        """Walks without recursion: generated expressions are as deep as they are long."""
        pending = [(tree, at_top)]
        while pending:
            node, top = pending.pop()
            if isinstance(node, list | tuple):
                pending.extend((each, top) for each in node)
            elif hasattr(node, "type"):
                pending.extend(self._inside(node, top))

    def _inside(self, node: Any, top: bool) -> Iterator[tuple[Any, bool]]:
        """The parts of a node, each with whether it still has no context but the top level's."""
        yield [getattr(node, part, None) for part in _PARTS_IN_CONTEXT], False
        yield getattr(getattr(node, "group", None), "lhs_object", None), False
        self.bound.update(filter(None, (getattr(node, at, None) for at in ("focus", "index"))))
        match node.type:
            case "path":
                self._members(node.steps)
                yield node.steps[0], top
                yield node.steps[1:], False
            case "name" if top:
                self._refuse(f"Reference to '{node.value}' at the top level is not supported.")
            case "variable":
                self._variable(node.value, top)
            case "lambda":
                self.bound.update(argument.value for argument in node.arguments or ())
                yield node.body, False
            case "bind":
                self.bound.add(node.lhs.value)
                yield node.rhs, top
            case "function" | "partial":
                self.reading.calls.add(str(getattr(node.procedure, "value", "")))
                yield [node.procedure, node.arguments], top
            case "condition":
                self._operators(node)
                yield [node.condition, node.then, node._else], top
            case _:
                yield [getattr(node, part, None) for part in _PARTS], top

    def _variable(self, name: str, top: bool) -> None:
        if name == "$":
            self._refuse("Reference to '$$' is not supported.")
        elif name == "" and top:
            self._refuse("Reference to '$' at the top level is not supported.")
        elif name:
            self.reading.variables.add(name)

    def _members(self, steps: list[Any]) -> None:
        if [step.type for step in steps[:2]] == ["variable", "name"] and steps[0].value == "states":
            self.reading.members.add(steps[1].value)

    def _operators(self, node: Any) -> None:
        """`a ?: b` and `a ?? b`, which JSONata got later, become conditions that say `a` twice."""
        then, asked = _begins(node.then), node.condition
        if then == _begins(asked):
            self._refuse("The operator '?:' is not supported.")
        elif asked.type == "function" and [_begins(each) for each in asked.arguments] == [then]:
            self._refuse("The operator '??' is not supported.")

    def _refuse(self, message: str) -> None:
        if message not in self.reading.unsupported:
            self.reading.unsupported.append(message)


def _begins(node: Any) -> int:
    """Where in the text a part of it begins: paths have no position of their own."""
    while getattr(node, "type", "") == "path":
        node = node.steps[0]
    return int(getattr(node, "position", -1))
