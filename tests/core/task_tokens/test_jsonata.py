"""A task token is found behind what people write in JSONata."""

import base64
import json
from urllib.parse import quote

import pytest

from handrail.core.models import Json
from tests.core.definitions import UUID_TOKEN, scheduled
from tests.core.task_tokens.waiting_tasks import CONTEXT, PLACEHOLDER, by_jsonata, found


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.context.Task.Token", UUID_TOKEN),
        ("$states.context.Task", {"Token": UUID_TOKEN}),
        ("$states.context", CONTEXT),
        ("$states", {"input": {}, "context": CONTEXT}),
        ("'https://x.test/?t=' & $states.context.Task.Token & '&id=' & $states.input.id",
         f"https://x.test/?t={UUID_TOKEN}&id=7"),
        ("$string($states.context.Task.Token)", UUID_TOKEN),
        ("$string({'t': $states.context.Task.Token, 'n': 1 + 2})",
         json.dumps({"t": UUID_TOKEN, "n": 3})),
        ("[1, $states.context.Task.Token]", [1, UUID_TOKEN]),
        ("$merge([$states.input, {'token': $states.context.Task.Token}])",
         {"id": 1, "token": UUID_TOKEN}),
        ("$join(['a', $states.context.Task.Token, 'z'], '|')", f"a|{UUID_TOKEN}|z"),
        ("$encodeUrlComponent($states.context.Task.Token)", quote(UUID_TOKEN)),
        ("$base64encode($string({'t': $states.context.Task.Token}))",
         base64.b64encode(json.dumps({"t": UUID_TOKEN}).encode()).decode()),
        ("($t := $states.context.Task.Token; {'body': {'t': $t}})", {"body": {"t": UUID_TOKEN}}),
        ("$states.input.urgent = true ? {'hot': $states.context.Task.Token} : null",
         {"hot": UUID_TOKEN}),
        ("$states.context.Task.Token ~> $string()", UUID_TOKEN),
        ("$map([1], function($v) { {'t': $states.context.Task.Token} })", {"t": UUID_TOKEN}),
        ("/* who asks */ $states.context.`Task`.Token", UUID_TOKEN),
    ],
)  # fmt: skip
def test_finds_it_inside_jsonata(expression: str, value: Json) -> None:
    definition = by_jsonata({"MessageBody": f"{{% {expression} %}}"})

    assert found(definition, scheduled({"MessageBody": value})) == (UUID_TOKEN,)


def test_finds_it_where_the_whole_arguments_are_one_expression() -> None:
    definition = by_jsonata("{% {'MessageBody': {'t': $states.context.Task.Token}} %}")

    event = scheduled({"MessageBody": {"t": PLACEHOLDER}})

    assert found(definition, event) == (PLACEHOLDER,)


@pytest.mark.parametrize(
    "expression", ["$states.input.token", "$states.context.Execution.Id", "$uuid()"]
)
def test_jsonata_that_reads_something_else_is_left_alone(expression: str) -> None:
    definition = by_jsonata({"token": f"{{% {expression} %}}"})

    assert found(definition, scheduled({"token": UUID_TOKEN})) == ()


def test_hostile_nesting_is_refused_and_not_a_crash() -> None:
    deep = "(" * 5000 + "$states.context.Task.Token" + ")" * 5000
    definition = by_jsonata({"t": f"{{% {deep} %}}"})

    assert found(definition, scheduled({"t": UUID_TOKEN})) == (UUID_TOKEN,)
