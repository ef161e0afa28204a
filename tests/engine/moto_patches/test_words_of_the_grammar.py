"""Texts that are words of the language."""

import json
from typing import Any

import pytest

from handrail.engine.moto_patches.words_of_the_grammar import as_texts
from tests.engine.engine_fixture import FUNCTION, Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = ["JSONata", "JSONPath", "ErrorPath", "CausePath"]
VALUE: Any = {word: [word, {word: word}] for word in WORDS} | {"QueryLanguage": "JSONata"}


async def test_a_value_may_be_any_word(calls: Calls) -> None:
    ran = await calls.run(one_state(Type="Pass", Result=VALUE, Comment="JSONata"))
    assert json.loads(ran["output"]) == VALUE
    ran = await calls.run(one_state(Type="Pass", Parameters=VALUE, Comment="CausePath"))
    assert json.loads(ran["output"]) == VALUE
    ran = await calls.run(one_state(Type="Pass", QueryLanguage="JSONata", Output=VALUE))
    assert json.loads(ran["output"]) == VALUE


@pytest.mark.parametrize("word", WORDS)
async def test_a_name_may_be_any_word(calls: Calls, word: str) -> None:
    states = {
        "A": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.it", "StringEquals": word, "Next": word}],
        },
        word: {"Type": "Fail", "Error": word, "Cause": word, "Comment": word},
    }
    ended = await calls.run({"StartAt": "A", "Comment": word, "States": states}, {"it": word})
    assert (ended["error"], ended["cause"]) == (word, word)


async def test_the_language_s_own_are_kept(calls: Calls) -> None:
    paths = {"ErrorPath": "$.JSONata", "CausePath": "$.CausePath"}
    failed = await calls.run(
        one_state(Type="Fail", **paths), {"JSONata": "ErrorPath", "CausePath": "c"}
    )
    assert (failed["error"], failed["cause"]) == ("ErrorPath", "c")


async def test_a_parameter_may_be_a_role(calls: Calls) -> None:
    role = "arn:aws:iam::123456789012:role/r"
    task = one_state(
        Type="Task",
        Resource=FUNCTION + "echo",
        Parameters={"RoleArn.$": "$.role", "inner": {"RoleArn.$": "States.Format('{}!', $.role)"}},
        Credentials={"RoleArn.$": "$.role"},
    )
    ran = await calls.run(task, {"role": role})
    assert json.loads(ran["output"]) == {"RoleArn": role, "inner": {"RoleArn": f"{role}!"}}


async def test_other_definitions_stay_as_they_are_written() -> None:
    own = json.dumps(one_state(Type="Pass", QueryLanguage="JSONata", Output=1), indent=1)
    for text in ('{"JSONata": ', '["JSONata"]', own):
        assert as_texts(text) == text
