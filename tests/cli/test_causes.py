import json

import pytest

from handrail.cli.causes import failure, message_of

LAMBDA = {"errorMessage": "the card was declined", "errorType": "CardDeclined", "stackTrace": []}


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ("plain words", "plain words"),
        ("", ""),
        (json.dumps(LAMBDA), "the card was declined"),
        (json.dumps({"Error": "E", "Cause": json.dumps(LAMBDA)}), "the card was declined"),
        (json.dumps({"StatusReason": "Essential container exited"}), "Essential container exited"),
        (json.dumps({"StoppedReason": "OutOfMemory"}), "OutOfMemory"),
        ('{"errorMessage": ""}', '{"errorMessage": ""}'),
        ('{"errorMessage": 7}', '{"errorMessage": 7}'),
        ('{"else": "x"}', '{"else": "x"}'),
        ('{"errorMessage": "cut sho', '{"errorMessage": "cut sho'),
        ('["errorMessage"]', '["errorMessage"]'),
        ('{"a":' * 5000, '{"a":' * 5000),
    ],
)
def test_the_sentence_in_a_cause_is_found(cause: str, message: str) -> None:
    assert message_of(cause) == message


def test_causes_within_causes_are_opened_a_few_times() -> None:
    cause = "the end"
    for _ in range(9):
        cause = json.dumps({"Cause": cause})
    assert message_of(cause).startswith('{"Cause"')


@pytest.mark.parametrize(
    ("failed", "text"),
    [
        ({"error": "E", "cause": json.dumps(LAMBDA)}, "E: the card was declined"),
        ({"error": "E", "cause": None}, "E"),
        ({"error": None, "cause": "c"}, "c"),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_failure_is_its_error_and_its_message(failed: object, text: str) -> None:
    assert failure(failed) == text
