"""The token of a waiting task is found where its definition puts it, or not at all."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from handrail.core.errors import (
    InvalidOutput,
    InvalidRequest,
    StateMachineNotFound,
    TokenUnavailable,
)
from handrail.core.history.outcomes import TaskAnswer
from handrail.core.json_text import JsonText
from handrail.core.models import Json
from handrail.usecases.machine_folder import KnownMachine
from handrail.usecases.tasks import failure, success
from tests.core.definitions import UUID_TOKEN
from tests.core.histories import parallel
from tests.core.made_up_tokens import aws_token

from .live.stage import ID
from .settling import TOKEN, Setting, no, yes

OTHER = aws_token(404, seed=42)
NEXT = aws_token(404, seed=43)
ENCODED = TOKEN.replace("/", "%2F").replace("+", "%2B")
BY_PATH = "$$.Task.Token"
BY_JSONATA = "{% $states.context.Task.Token %}"
Template = dict[str, Any]


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    setting = Setting()
    yield setting
    await setting.close()


def define(setting: Setting, **states: Template) -> None:
    """Each state by its resource, `sqs:sendMessage`, and what it sends there."""
    whole = {
        name: {"Type": "Task", "End": True, **state}
        | {"Resource": f"arn:aws:states:::{state['Resource']}.waitForTaskToken"}
        for name, state in states.items()
    }
    definition = {"StartAt": next(iter(states)), "States": whole}
    setting.machines.definitions["orders"] = json.dumps(definition)


async def sent_token(setting: Setting, event_id: int) -> Json:
    await setting.settle(event_id, yes())
    return setting.aws.sent[-1]["token"]


@pytest.mark.parametrize(
    ("resource", "template", "sent"),
    [
        ("sqs:sendMessage", {"MessageBody": {"t.$": BY_PATH}}, {"MessageBody": {"t": TOKEN}}),
        ("sns:publish", {"Message.$": f"States.Format('approve {{}}', {BY_PATH})"},
         {"Message": f"approve {TOKEN}"}),
        ("lambda:invoke", {"FunctionName": "f", "Payload": {"in.$": "$", "cb.$": BY_PATH}},
         {"FunctionName": "f", "Payload": {"in": {"order": UUID_TOKEN}, "cb": TOKEN}}),
        ("events:putEvents", {"Entries": [{"Detail": {"deep": [{"x.$": BY_PATH}]}}]},
         {"Entries": [{"Detail": {"deep": [{"x": TOKEN}]}}]}),
        ("ecs:runTask",
         {"Overrides": {"ContainerOverrides": [{"Environment": [{"Value.$": BY_PATH}]}]}},
         {"Overrides": {"ContainerOverrides": [{"Environment": [{"Value": TOKEN}]}]}}),
        ("apigateway:invoke", {"Headers": {"X-Token.$": f"States.Array({BY_PATH})"}},
         {"Headers": {"X-Token": [TOKEN]}}),
        ("states:startExecution", {"StateMachineArn": "a", "Input": {"back.$": BY_PATH}},
         {"StateMachineArn": "a", "Input": {"back": TOKEN}}),
        ("aws-sdk:sqs:sendMessage", {"MessageBody.$": "States.JsonToString($$.Task)"},
         {"MessageBody": json.dumps({"Token": TOKEN})}),
        ("http:invoke", {"ApiEndpoint": "https://x.test", "RequestBody": {"id.$": BY_PATH}},
         {"ApiEndpoint": "https://x.test", "RequestBody": {"id": TOKEN}}),
    ],
)  # fmt: skip
async def test_every_integration_that_can_wait_can_be_settled(
    setting: Setting, resource: str, template: Json, sent: Json
) -> None:
    type_, _, action = resource.rpartition(":")
    define(setting, Ask={"Resource": resource, "Parameters": template})
    setting.history.main.enter("Task", "Ask")
    event_id = setting.schedule(sent, type=type_, resource=f"{action}.waitForTaskToken")
    assert await sent_token(setting, event_id) == TOKEN


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ({"MessageBody": {"t": BY_JSONATA}}, {"MessageBody": {"t": TOKEN}}),
        ({"MessageBody": "{% 'https://x.test/?t=' & $encodeUrlComponent($states.context.Task.Token)"
                         " & '&id=' & $states.input.id %}"},
         {"MessageBody": f"https://x.test/?t={ENCODED}&id=7"}),
        ("{% {'MessageBody': $string({'t': $states.context.Task.Token})} %}",
         {"MessageBody": json.dumps({"t": TOKEN})}),
    ],
)  # fmt: skip
async def test_jsonata_is_read_too(setting: Setting, template: Json, sent: Json) -> None:
    define(
        setting,
        Ask={"Resource": "sqs:sendMessage", "QueryLanguage": "JSONata", "Arguments": template},
    )
    setting.history.main.enter("Task", "Ask")
    assert await sent_token(setting, setting.schedule(sent)) == TOKEN


async def test_two_states_that_call_the_same_are_told_apart(setting: Setting) -> None:
    """What stands where the other state puts its token is that state's business alone."""
    define(
        setting,
        Ask={"Resource": "sqs:sendMessage", "Parameters": {"a.$": BY_PATH, "b.$": "$.b"}},
        Review={"Resource": "sqs:sendMessage", "Parameters": {"a.$": "$.a", "b.$": BY_PATH}},
    )
    one, other = parallel(setting.history.main, "Both")
    first = setting.schedule({"a": TOKEN, "b": OTHER}, track=one.enter("Task", "Ask"))
    crossed = {"a": OTHER, "b": NEXT}
    second = setting.schedule(crossed, token=NEXT, track=other.enter("Task", "Review"))
    assert await sent_token(setting, second) == NEXT
    assert await sent_token(setting, first) == TOKEN


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ({"TaskToken.$": "$.parent_token"}, {"TaskToken": OTHER}),
        ({"MessageBody": "hello"}, {"MessageBody": "hello"}),
        ({"a.$": BY_PATH}, {"a": None}),
    ],
)
async def test_a_task_that_sends_its_token_nowhere_cannot_be_settled_by_position(
    setting: Setting, template: Json, sent: Json
) -> None:
    """A token handed through is another task's: it is never used for this one."""
    define(setting, Ask={"Resource": "sqs:sendMessage", "Parameters": template})
    setting.history.main.enter("Task", "Ask")
    await assert_unavailable(setting, setting.schedule(sent))


@pytest.mark.parametrize(
    "details", [{"parametersDetails": {"truncated": True}}, {"parameters": '{"MessageBody": {"to'}]
)
async def test_truncated_parameters_hold_no_token(
    setting: Setting, details: dict[str, Json]
) -> None:
    setting.history.main.enter("Task", "Ask")
    parameters = {"MessageBody": {"token": TOKEN}}
    event_id = setting.schedule(parameters, token=TOKEN)
    found = setting.history.events[event_id - 1].details
    assert isinstance(found, dict)
    found.update(details)
    await assert_unavailable(setting, event_id)


async def test_an_activity_is_its_workers_to_answer(setting: Setting) -> None:
    track = setting.history.main.enter("Task", "Press")
    arn = "arn:aws:states:eu-west-1:123456789012:activity:press"
    event_id = track.then("ActivityScheduled", resource=arn, input=f'"{TOKEN}"').last
    track.then("ActivityStarted", workerName="Ada")
    await assert_unavailable(setting, event_id)


async def test_without_the_definition_the_look_of_a_token_has_to_do(setting: Setting) -> None:
    setting.machines.fail("describe_for_execution", StateMachineNotFound("It was deleted."))
    assert await sent_token(setting, setting.wait()) == TOKEN


async def test_a_token_aws_has_never_given_is_not_claimed_to_be_the_tasks(
    setting: Setting,
) -> None:
    event_id = setting.wait()
    del setting.aws.waiting[TOKEN]
    await assert_unavailable(setting, event_id, sent=1)


async def assert_unavailable(setting: Setting, event_id: int, *, sent: int = 0) -> None:
    for answer in (yes(), no()):
        error = await setting.refusal(event_id, answer)
        assert isinstance(error, TokenUnavailable)
        assert "/v1/task-tokens" in error.detail
        assert TOKEN not in error.detail
    with pytest.raises(TokenUnavailable):
        await setting.in_time(setting.service.heartbeat(ID, event_id))
    assert len(setting.aws.sent) == 2 * sent


# What an answer may be


@pytest.mark.parametrize(
    ("output", "fits"),
    [("x" * 262_142, True), ("x" * 262_143, False), ("€" * 87_380, True), ("€" * 87_381, False)],
)
def test_an_output_has_262144_bytes_of_utf_8_at_most(output: str, fits: bool) -> None:
    if fits:
        assert len(success(output).output.encode()) <= 262_144
        return
    with pytest.raises(InvalidOutput, match="262,14"):
        success(output)


@pytest.mark.parametrize("text", ["1.10", "[1E5,-0.0]", "1e400", "12345678901234567.89"])
def test_an_output_is_passed_on_as_it_was_written(text: str) -> None:
    assert success(JsonText(text)).output == text
    assert success({"amount": JsonText(text)}).output == f'{{"amount":{text}}}'


@pytest.mark.parametrize(
    ("error", "cause", "path"),
    [("e" * 257, None, "error"), (None, "c" * 32_769, "cause")],
)
def test_a_failures_texts_have_awss_lengths(
    error: str | None, cause: str | None, path: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        failure(error, cause)
    assert [each.path for each in caught.value.errors] == [path]
    assert failure("e" * 256, "c" * 32_768).error == "e" * 256


ORDER = KnownMachine(
    output_schemas={
        "Ask": {
            "type": "object",
            "properties": {"approved": {"type": "boolean"}, "lines": {"items": {"minimum": 1}}},
            "required": ["approved"],
        },
        "Review": False,
    }
)


@pytest.mark.parametrize(
    ("state", "output", "paths"),
    [
        ("Ask", '{"approved":"yes"}', ["output.approved"]),
        ("Ask", '{"approved":true,"lines":[1,0]}', ["output.lines[1]"]),
        ("Ask", "null", ["output"]),
        ("Review", "1", ["output"]),
    ],
)
async def test_an_output_is_held_against_what_its_state_declares(
    state: str, output: str, paths: list[str]
) -> None:
    setting = Setting(ORDER)
    error = await setting.refusal(event_id := setting.wait(state), yes(output))
    assert isinstance(error, InvalidOutput)
    assert [each.path for each in error.errors] == paths
    assert setting.aws.sent == []
    answer: TaskAnswer = no() if state == "Review" else yes()
    assert not (await setting.settle(event_id, answer)).replayed
    await setting.close()
