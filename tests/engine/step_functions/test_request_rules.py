"""Requests that AWS refuses are refused, and lists come by pages."""

import json

import pytest

from handrail.engine.step_functions.request_rules import PageTokens
from tests.engine.engine_fixture import PASS, Calls, refusal

from .test_live_history import THREE
from .test_tasks import waiting_task

on_the_engine = pytest.mark.asyncio(loop_scope="session")


@on_the_engine
@pytest.mark.parametrize("name", ["a b", "a/b", "a:b", 'a"b', "x" * 81, "tab\t"])
async def test_names_aws_refuses_are_refused(calls: Calls, name: str) -> None:
    machine = await calls.create(PASS)
    start = calls.sfn.start_execution(stateMachineArn=machine, name=name)
    assert (await refusal(start))[0] == "InvalidName"


@on_the_engine
async def test_a_name_may_have_80_characters(calls: Calls) -> None:
    machine = await calls.create(PASS)
    assert (await calls.start(machine, name="x" * 80)).endswith(":" + "x" * 80)


@on_the_engine
@pytest.mark.parametrize("text", ["{", '{"a": NaN}', "[-Infinity]"])
async def test_an_input_that_is_no_json_is_refused(calls: Calls, text: str) -> None:
    machine = await calls.create(PASS)
    start = calls.sfn.start_execution(stateMachineArn=machine, input=text)
    assert (await refusal(start))[0] == "InvalidExecutionInput"


@on_the_engine
async def test_an_input_has_262144_bytes_at_most(calls: Calls) -> None:
    machine = await calls.create(PASS)
    most = json.dumps("é" * 131_071, ensure_ascii=False)
    assert len(most.encode()) == 262_144
    await calls.sfn.start_execution(stateMachineArn=machine, input=most)
    more = calls.sfn.start_execution(stateMachineArn=machine, input=most + " ")
    assert (await refusal(more))[0] == "ValidationException"


@on_the_engine
async def test_a_version_that_was_never_published_doesnt_exist(calls: Calls) -> None:
    version = (await calls.create(PASS)) + ":1"
    code, _ = await refusal(calls.sfn.start_execution(stateMachineArn=version))
    assert code == "StateMachineDoesNotExist"


@on_the_engine
async def test_a_page_token_of_another_question_is_refused(calls: Calls) -> None:
    arn = (await calls.run(THREE))["executionArn"]
    page = await calls.sfn.get_execution_history(executionArn=arn, maxResults=1)
    for asked in (
        {"nextToken": "made-up"},
        {"nextToken": page["nextToken"], "reverseOrder": True},
        {"nextToken": page["nextToken"][:-4] + "AAAA"},
    ):
        reading = calls.sfn.get_execution_history(executionArn=arn, **asked)
        assert (await refusal(reading))[0] == "InvalidToken"


@on_the_engine
async def test_more_than_a_thousand_events_cannot_be_asked_for(calls: Calls) -> None:
    arn = (await calls.run(PASS))["executionArn"]
    reading = calls.sfn.get_execution_history(executionArn=arn, maxResults=1001)
    assert (await refusal(reading))[0] == "ValidationException"


@on_the_engine
async def test_an_output_must_be_json_and_error_texts_have_a_length(calls: Calls) -> None:
    token = await calls.task_token(await calls.start(await calls.create(waiting_task())))
    success = calls.sfn.send_task_success(taskToken=token, output="{")
    assert (await refusal(success))[0] == "InvalidOutput"
    failure = calls.sfn.send_task_failure(taskToken="t", error="e" * 257)
    assert (await refusal(failure))[0] == "ValidationException"


def test_page_tokens_are_bound_to_the_engine_that_gave_them() -> None:
    tokens, scope, letters = PageTokens(), ["executions", "arn"], [(1, "a"), (2, "b"), (3, "c")]
    items, more = tokens.page({"maxResults": 2}, scope, letters, str.upper)
    assert items == ["A", "B"]
    assert tokens.page(more, scope, letters, str.upper) == (["C"], {})
    with pytest.raises(Exception, match="Invalid token"):
        PageTokens().page(more, scope, letters, str.upper)
