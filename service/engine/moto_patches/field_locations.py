"""Knows the path of the field that is evaluated, such as `Choices[1]/Output/name`, as AWS names it
in causes and in the `location` of an event EvaluationFailed."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.stepfunctions.parser.asl.component.state.state import CommonStateField

from .patches import Fault, wraps

FAULT = Fault(
    moto="Of a field only its class or the last name of its path is known, and no location.",
    since="5.1.0",
    aws="AWS tells the field's path in the state, such as Output/items[0], and gives it as the"
    " location of an event EvaluationFailed.",
    known="Executions recorded on AWS.",
)
_COMMON = "component.common"
_LISTS = (
    f"{_COMMON}.jsonata.jsonata_template_value_array:JSONataTemplateValueArray",
    f"{_COMMON}.assign.assign_template_value_array:AssignTemplateValueArray",
    f"{_COMMON}.catch.catch_decl:CatchDecl",
    "component.state.choice.choices_decl:ChoicesDecl",
)
_OF_A_LIST = {"ChoiceRule": "Choices", "CatcherDecl": "Catch"}
_ITEM_OF_A_LIST = re.compile(r"(Choices|Catch)\[\d+\]")


def location(env: Any) -> str:
    """The path of the field in its state, or nothing outside a state's fields."""
    return getattr(env, "field_location", "")


@wraps(*(f"{place}.__init__" for place in _LISTS))
def number_items(original: Callable[..., None], self: Any, *items: Any, **named: Any) -> None:
    """moto's components don't know their place in a list."""
    original(self, *items, **named)
    numbered: Iterable[Any] = [*items, *named.values()][0]
    for index, item in enumerate(numbered):
        item.place_in_list = index


@wraps("component.eval_component:EvalComponent.eval")
def evaluate_there(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto doesn't keep the way to the field."""
    with within(env, self):
        original(self, env)


@contextmanager
def within(env: Any, component: Any) -> Iterator[None]:
    """While the component is evaluated."""
    before = location(env)
    env.field_location = _below(before, component)
    try:
        yield
    finally:
        env.field_location = before


def _below(before: str, component: Any) -> str:
    if isinstance(component, CommonStateField):
        return ""
    kind = type(component).__name__
    if (index := getattr(component, "place_in_list", None)) is not None:
        return f"{_OF_A_LIST.get(kind, before)}[{index}]"
    if "TemplateBinding" in kind:
        return f"{before}/{component.identifier}"
    name = component._field_name()
    if not name or (before and not _ITEM_OF_A_LIST.fullmatch(before)):
        return before
    return f"{before}/{name}" if before else str(name)
