"""Definitions are checked without an engine, and without regard to the caller's AWS profile."""

import os

import pytest

from handrail.engine.definition_check import installed, refusal


def test_a_definition_is_taken_or_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    good = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    assert installed()
    assert refusal(good, "STANDARD") is None
    problem = refusal(good.replace("Succeed", "Nap"), "STANDARD")
    assert problem is not None
    assert "SCHEMA_VALIDATION_FAILED" in problem
    assert "\n" not in problem
    assert os.environ["AWS_PROFILE"] == "nowhere"


def test_an_express_machine_may_not_wait() -> None:
    waits = (
        '{"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,'
        ' "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {}}}}'
    )
    assert refusal(waits, "STANDARD") is None
    assert "does not support '.waitForTaskToken'" in (refusal(waits, "EXPRESS") or "")
