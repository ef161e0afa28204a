"""A tree of nodes finds the token in what a template became."""

import base64
import json

import pytest

from handrail.core.models import Json
from handrail.core.task_tokens.nodes import (
    NOTHING,
    TASK,
    Coded,
    Composite,
    Concat,
    Field,
    Items,
    Nothing,
    Somewhere,
    TemplateNode,
    Token,
    call,
)
from tests.core.definitions import UUID_TOKEN

TOKEN = Token()


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (TOKEN, "t"),
        (TASK, {"Task": {"Token": "t"}}),
        (Items((NOTHING, TOKEN)), [1, "t", 2]),
        (Composite((Field((NOTHING,), "a"), Field((TOKEN,), "b"))), {"a": "x", "b": "t"}),
        (Coded((TASK,), "json"), json.dumps({"Task": {"Token": "t"}})),
        (Coded((TOKEN,), "base64"), base64.b64encode(b"t").decode()),
        (Concat((Nothing("<"), TOKEN, Nothing(">"))), "<t>"),
    ],
)
def test_the_token_is_where_the_template_puts_it(node: TemplateNode, value: Json) -> None:
    assert node.carries()
    assert [*node.extract(value)] == ["t"]


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (NOTHING, "t"),
        (TOKEN, 7),
        (TOKEN, ""),
        (TASK, {"Task": "t"}),
        (Items((TOKEN,)), "t"),
        (Coded((TOKEN,), "base64"), "no base64"),
        (Concat((Nothing("<"), TOKEN)), {"<": "t"}),
        (Concat((NOTHING, TOKEN, NOTHING)), "of no known look"),
    ],
)
def test_a_value_of_another_shape_holds_none(node: TemplateNode, value: Json) -> None:
    assert [*node.extract(value)] == []


def test_a_key_leads_on_to_the_token_or_away_from_it() -> None:
    assert TASK.at_key("Task").at_key("Token") == TOKEN
    assert TASK.at_key("Name") == TOKEN.at_key("x") == NOTHING.at_key("x") == NOTHING


def test_a_function_that_is_not_known_may_do_anything_to_the_token() -> None:
    made = call({}, "shuffle", [NOTHING, TOKEN])

    assert isinstance(made, Somewhere)
    assert [*made.extract({"a": [f"<{UUID_TOKEN}>"]})] == [UUID_TOKEN]
    assert call({}, "shuffle", [NOTHING]) == NOTHING
