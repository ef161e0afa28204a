"""A task token is found wherever the state's template put it."""

import base64
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from handrail.core.definition.definition import Definition
from handrail.core.models import HistoryEvent, Json
from handrail.core.task_tokens.finding import learned, tokens_by_state
from handrail.core.task_tokens.redaction import REDACTED, Redactor
from handrail.core.task_tokens.shapes import needs_definition
from tests.core.definitions import AT, AWS_TOKEN, SQS_WAIT, UUID_TOKEN, machine, scheduled, task
from tests.core.made_up_tokens import SHAPES, aws_token
from tests.core.task_tokens.waiting_tasks import CONTEXT, PLACEHOLDER, by_path, found, waiting

PLACES = {
    "under any key": '{"Payload": {"handle": "{}"}}',
    "in a message": '{"Message": "Approve: https://x.test/{}?yes"}',
    "in an address": '{"Url": "https://x.test/?t={}&id=7"}',
    "in JSON in a string": json.dumps({"Body": json.dumps({"u": json.dumps({"t": "{}"})})}),
    "behind other text": '{"Body": "order{}"}',
}
HISTORIES = os.environ.get("HANDRAIL_HISTORIES", "")


@pytest.mark.parametrize("token", [AWS_TOKEN, UUID_TOKEN, PLACEHOLDER, "a_task_token"])
@pytest.mark.parametrize(
    "expression",
    ["$$.Task.Token", "$$['Task']['Token']", '$$.Task["Token"]', " $$.Task.Token".strip()],
)
def test_finds_a_token_of_any_look_behind_a_path(expression: str, token: str) -> None:
    definition = by_path({"MessageBody": {"list": [{"Whatever.$": expression}]}})
    event = scheduled({"MessageBody": {"list": [{"Whatever": token}]}})

    assert found(definition, event) == (token,)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$$.Task", {"Token": UUID_TOKEN}),
        ("$$", CONTEXT),
        ("$$.*", list(CONTEXT.values())),
        ("States.Array('x', $$.Task.Token)", ["x", UUID_TOKEN]),
        ("States.JsonToString($$.Task)", json.dumps({"Token": UUID_TOKEN})),
        ("States.StringToJson(States.JsonToString($$.Task))", {"Token": UUID_TOKEN}),
        ("States.JsonMerge($.order, $$.Task, false)", {"id": 1, "Token": UUID_TOKEN}),
        ("States.Base64Encode($$.Task.Token)", base64.b64encode(UUID_TOKEN.encode()).decode()),
        ("States.Format('{}', $$.Task.Token)", UUID_TOKEN),
        ("States.Format('https://x.test/?t={}&id={}', $$.Task.Token, $.id)",
         f"https://x.test/?t={UUID_TOKEN}&id=7"),
        ("States.Format('{}/{}', $.base, $$.Task.Token)", f"https://x.test/{UUID_TOKEN}"),
        ("States.Format('{}{}{}', $.a, $$.Task.Token, $.b)", f"left {UUID_TOKEN} right"),
        ("States.Format('ctx={}', $$)", f"ctx={json.dumps(CONTEXT)}"),
        ("States.Format('it\\'s {}', States.Format('<{}>', $$.Task.Token))",
         f"it's <{UUID_TOKEN}>"),
        ("States.StringSplit(States.Format('a,{}', $$.Task.Token), ',')", ["a", UUID_TOKEN]),
        ("States.ArrayGetItem(States.Array($$.Task.Token, 1), 0)", UUID_TOKEN),
    ],
)  # fmt: skip
def test_finds_it_inside_intrinsic_functions(expression: str, value: Json) -> None:
    definition = by_path({"QueueUrl": "q", "Body.$": expression})

    assert found(definition, scheduled({"QueueUrl": "q", "Body": value})) == (UUID_TOKEN,)


def test_literals_around_it_tell_where_a_token_of_unknown_look_begins_and_ends() -> None:
    definition = by_path(
        {"Body.$": "States.Format('{} approve={} for {}', $.a, $$.Task.Token, $.b)"}
    )

    event = scheduled({"Body": f"please approve={PLACEHOLDER} for Ada"})

    assert found(definition, event) == (PLACEHOLDER,)


def test_an_input_path_may_select_the_context() -> None:
    selected = by_path({"t.$": "$.Token"}, InputPath="$$.Task")
    whole = waiting(InputPath="$$.Task")

    assert found(selected, scheduled({"t": PLACEHOLDER})) == (PLACEHOLDER,)
    assert found(whole, scheduled({"Token": PLACEHOLDER})) == (PLACEHOLDER,)


@pytest.mark.parametrize("expression", ["$.Token", "$$.Execution.Id", "States.UUID()"])
def test_a_payload_that_only_looks_like_one_is_left_alone(expression: str) -> None:
    definition = by_path({"TaskToken.$": expression})

    assert found(definition, scheduled({"TaskToken": UUID_TOKEN})) == ()


@pytest.mark.parametrize(
    "parameters",
    [
        {"MessageBody": {"TaskToken": PLACEHOLDER}},
        {"Payload": {"task_token": PLACEHOLDER}},
        {"MessageBody": json.dumps({"taskToken": PLACEHOLDER})},
        {"TaskToken": PLACEHOLDER, "pageToken": "x", "token": "another"},
    ],
)
def test_without_a_definition_key_names_decide(parameters: Json) -> None:
    assert found(None, scheduled(parameters)) == (PLACEHOLDER,)


@pytest.mark.parametrize("key", ["token", "Token", "callbackToken", "sessionToken", "TaskTokenId"])
def test_without_a_definition_no_other_key_decides(key: str) -> None:
    assert found(None, scheduled({"MessageBody": {key: UUID_TOKEN}})) == ()


@pytest.mark.parametrize("token", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_without_a_definition_aws_s_shape_decides_before_any_key(place: str, token: str) -> None:
    for spelled in (token, quote(token, safe=""), quote(quote(token, safe=""), safe="")):
        parameters = json.loads(place.replace("{}", spelled))

        assert found(None, scheduled({**parameters, "TaskToken": "mine"})) == (token,)


def test_two_of_aws_s_shape_are_both_answered_for_neither_is_sure() -> None:
    tokens = SHAPES["old"], SHAPES["today's"]

    assert found(None, scheduled({"parent": tokens[0], "TaskToken": tokens[1]})) == tokens


def test_one_in_base64_makes_the_others_unsure() -> None:
    own = base64.b64encode(SHAPES["today's"].encode()).decode()
    event = scheduled({"TaskToken": SHAPES["old"], "Data": own})

    assert found(None, event) == ()
    assert found(by_path({"Data.$": "States.Base64Encode($$.Task.Token)"}), event) == (
        SHAPES["today's"],
    )


def test_what_stands_under_task_token_is_learned_too_where_no_template_leads_to_it() -> None:
    event = scheduled({"ticket": AWS_TOKEN, "TaskToken": UUID_TOKEN})
    own = by_path({"ticket.$": "$$.Task.Token", "TaskToken.$": "$.customer"})

    for definition, expected in ((None, [AWS_TOKEN, UUID_TOKEN]), (own, [AWS_TOKEN])):
        assert list(learned(event, tokens_by_state(event, definition))) == expected


@pytest.mark.parametrize("token", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("States.Format('{}{}', $.base, $$.Task.Token)", "https://x.test/?t={}"),
        ("States.Format('{}{}', $.base, $$.Task.Token)", "order{}"),
        ("States.Format('{}{}', $$.Task.Token, $.rest)", "{} please"),
        ("States.Format('{}{}{}', $.a, $$.Task.Token, $.b)", "a/{}&id=7"),
        ("States.Format('{}?t={}&for={}', $.base, $$.Task.Token, $.b)", "x?t={}&for=7"),
        ("States.StringSplit(States.Format('{},{}', $.a, $$.Task.Token), ',')", ["a", "{}"]),
    ],
)
def test_the_definition_tells_the_own_token_from_a_parent_s(
    expression: str, value: Json, token: str
) -> None:
    parent = aws_token(500, seed=99)
    definition = by_path({"Parent.$": "$.token", "Body.$": expression})
    body = json.loads(json.dumps(value).replace("{}", token))

    assert found(definition, scheduled({"Parent": parent, "Body": body})) == (token,)


@pytest.mark.parametrize("mark", ["/", "+", "=", "."])
def test_a_token_that_holds_what_follows_it_is_cut_out_whole(mark: str) -> None:
    token = "AQCEAAAAKgAAAAMAAAAAAAAAA" + "b/c+d" * 8
    definition = by_path({"Url.$": f"States.Format('{{}}{mark}{{}}', $$.Task.Token, $.id)"})
    event = scheduled(parameters={"Url": f"{token}{mark}42"})
    assert found(definition, event) == (token,)


def test_a_uuid_that_touches_other_text_is_cut_out_where_the_template_puts_it() -> None:
    definition = by_path({"Body.$": "States.Format('{}{}', $.base, $$.Task.Token)"})

    assert found(definition, scheduled({"Body": f"cafe{UUID_TOKEN}"})) == (UUID_TOKEN,)


def test_numbers_of_any_length_and_deep_nesting_beside_it_are_no_hindrance() -> None:
    definition = by_path({"t.$": "$$.Task.Token"})
    event = scheduled({"t": "TOKEN"})
    deep = "[" * 300 + "]" * 300
    text = f'{{"n": {"7" * 5000}, "f": 1e400, "d": {deep}, "u": "\\ud800", "t": "TOKEN"}}'
    odd = replace(event, details={**event.details, "parameters": text})

    assert found(definition, odd) == ("TOKEN",)


def test_a_number_is_no_token() -> None:
    assert found(by_path({"t.$": "$$.Task.Token"}), scheduled({"t": 12})) == ()


def test_without_a_definition_or_a_name_looks_decide() -> None:
    event = scheduled({"Message": f"Approve: https://x.test/{AWS_TOKEN}?yes", "id": UUID_TOKEN})

    assert found(None, event) == (AWS_TOKEN,)


def test_what_no_template_leads_to_is_no_state_s_and_still_told_by_its_looks() -> None:
    event = scheduled({"TaskToken": PLACEHOLDER})

    assert tokens_by_state(event, by_path({})) == {None: (PLACEHOLDER,)}


def test_other_events_hold_no_token() -> None:
    plain = scheduled({"TaskToken": UUID_TOKEN}, resource="sendMessage")
    entered = HistoryEvent(2, 0, "TaskStateEntered", AT, {"name": "Ask"})

    assert not needs_definition(plain)
    assert not needs_definition(entered)
    assert found(None, plain) == found(None, entered) == ()


def test_truncated_or_broken_parameters_hold_no_token() -> None:
    event = scheduled({"TaskToken": UUID_TOKEN})
    truncated = {**event.details, "parametersDetails": {"truncated": True}}
    broken = {**event.details, "parameters": '{"TaskToken": "0b6'}
    dropped = {key: value for key, value in event.details.items() if key != "parameters"}

    for details in (truncated, broken, dropped):
        other = HistoryEvent(3, 2, "TaskScheduled", AT, details)
        assert needs_definition(other)
        assert found(None, other) == ()


def test_where_the_state_is_not_known_every_state_that_calls_the_resource_is_tried() -> None:
    definition = machine(
        {
            "First": task(Next="Second"),
            "Second": task(Resource=SQS_WAIT, Parameters={"Odd.$": "$$.Task.Token"}),
        }
    )

    assert tokens_by_state(scheduled({"Odd": PLACEHOLDER}), definition) == {
        "Second": (PLACEHOLDER,)
    }
    plain = scheduled({"Odd": PLACEHOLDER}, resource="sendMessage")
    assert tokens_by_state(plain, definition) == {}


@pytest.mark.skipif(not HISTORIES, reason="HANDRAIL_HISTORIES names no folder of recordings")
def test_every_token_in_recorded_histories_is_found() -> None:
    count = 0
    for path in sorted(Path(HISTORIES).glob("*.json")):
        recording = json.loads(path.read_text())
        definition = Definition.parse(json.dumps(recording["definition"]))
        events = {event["id"]: event for event in recording["events"]}
        for raw in events.values():
            event = HistoryEvent(
                raw["id"],
                raw["previousEventId"],
                raw["type"],
                AT,
                raw.get("taskScheduledEventDetails", {}),
            )
            if needs_definition(event):
                tokens = found(definition, event, entered_state(events, raw))
                expected = re.findall(
                    r"<?\w*task[-_]token\w*(?::\d+>)?", event.details["parameters"]
                )
                assert list(tokens) == expected, path.name
                count += len(tokens)
    assert count > 0


def entered_state(events: dict[int, Json], event: Json) -> str:
    """Followed as the projection does: back to the TaskStateEntered event."""
    while event["type"] != "TaskStateEntered":
        event = events[event["previousEventId"]]
    return str(event["stateEnteredEventDetails"]["name"])


@pytest.mark.parametrize(
    "template",
    ["States.Format('{}{}', $$.Task.Token, $.n)", "States.Format('{}/{}', $$.Task.Token, $.n)"],
)
def test_a_string_that_holds_a_token_of_no_known_shape_is_redacted_whole(template: str) -> None:
    """Where it ends can't be told: it settles nothing, and is shown to nobody."""
    token = "v9-" + "x/y" * 50
    state = {"Type": "Task", "Resource": SQS_WAIT, "Parameters": {"Body.$": template}, "End": True}
    definition = Definition.parse(json.dumps({"StartAt": "Ask", "States": {"Ask": state}}))
    text = f"{token}{7}" if "/{}" not in template else f"{token}/a/b"
    event = HistoryEvent(
        3,
        2,
        "TaskScheduled",
        AT,
        {
            "resourceType": "sqs",
            "resource": "sendMessage.waitForTaskToken",
            "parameters": json.dumps({"Body": text, "note": "stays"}),
        },
    )
    found = tokens_by_state(event, definition)
    redactor = Redactor(learned(event, found, definition))
    shown = json.loads(redactor.event(event).details["parameters"])
    assert shown == {"Body": REDACTED, "note": "stays"}
