"""What a task ends with, within AWS's rules whatever the handler does."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.history.outcomes import Outcome
from handrail.worker import handler_results

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


class Named(Exception):
    error = "Orders.TooLarge"


class Unshowable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_a_result_is_json_text_as_short_as_it_gets() -> None:
    answer = handler_results.succeeded({"city": "Zürich", "n": [1, None]})
    assert answer.outcome is Outcome.SUCCESS
    assert answer.output == '{"city": "Zürich", "n": [1, null]}'


def cyclic() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


def deep() -> list[Any]:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    "result",
    [Ellipsis, {1, 2}, float("nan"), float("inf"), b"bytes", {(1,): 2}, "\ud800", cyclic()],
    ids=str,
)
def test_a_result_that_is_not_json_fails_the_task(result: object) -> None:
    answer = handler_results.succeeded(result)
    assert (answer.outcome, answer.error) == (Outcome.FAILURE, "InvalidOutput")
    assert json.loads(answer.cause)["errorMessage"].startswith("The result isn't JSON: ")


def test_a_result_nested_too_deeply_fails_the_task() -> None:
    assert handler_results.succeeded(deep()).error == "InvalidOutput"


@pytest.mark.parametrize(("length", "taken"), [(262_142, True), (262_143, False)])
def test_the_largest_output_is_aws_s(length: int, taken: bool) -> None:
    answer = handler_results.succeeded("x" * length)  # two quotes besides
    assert (answer.outcome is Outcome.SUCCESS) is taken
    if not taken:
        cause = json.loads(answer.cause)["errorMessage"]
        assert cause == "The result has 262,145 bytes; Step Functions takes 262,144."


def test_bytes_are_counted_not_characters() -> None:
    assert handler_results.succeeded("ü" * 200_000).error == "InvalidOutput"


def test_an_exception_fails_the_task_under_its_name() -> None:
    answer = handler_results.failed(KeyError("colour"))
    assert (answer.outcome, answer.error) == (Outcome.FAILURE, "KeyError")
    assert json.loads(answer.cause) == {"errorMessage": "'colour'", "errorType": "KeyError"}


def test_an_exception_may_name_its_error_itself() -> None:
    assert handler_results.failed(Named("12")).error == "Orders.TooLarge"


@pytest.mark.parametrize("error", [None, "", 12])
def test_what_is_no_name_is_not_taken_for_one(error: object) -> None:
    failure = Exception("x")
    failure.error = error  # type: ignore[attr-defined] # as libraries do
    assert handler_results.failed(failure).error == "Exception"


def test_an_exception_that_cannot_be_shown_fails_the_task_all_the_same() -> None:
    answer = handler_results.failed(Unshowable())
    assert json.loads(answer.cause) == {"errorMessage": "", "errorType": "Unshowable"}


@given(ANY_TEXT, ANY_TEXT, st.integers(0, 2000))
def test_every_failure_is_one_that_aws_takes(name: str, message: str, times: int) -> None:
    failure = Exception(message * times)
    failure.error = name  # type: ignore[attr-defined] # see above
    answer = handler_results.failed(failure)
    assert len(answer.error) <= 256
    assert len(answer.cause) <= 32_768
    assert (answer.error + answer.cause).encode()
    shown = json.loads(answer.cause)["errorMessage"]
    sendable = (message * times).encode(errors="replace").decode()
    assert shown == sendable or (len(answer.cause) > 32_700 and shown.endswith("…"))


def test_a_long_message_is_cut_no_shorter_than_needed() -> None:
    assert len(handler_results.failed(ValueError("x" * 100_000)).cause) == 32_768
    assert len(handler_results.failed(ValueError("\x00" * 100_000)).cause) > 32_700


@pytest.mark.parametrize(
    ("input", "execution"),
    [
        ({"execution": "arn:aws:states:eu-west-1:1:execution:orders:one"}, "orders:one"),
        ({"execution": "orders:one"}, None),
        ({"execution": "arn:aws:s3:::bucket"}, None),
        ({"execution": 12}, None),
        ({}, None),
        (["execution"], None),
    ],
)
def test_an_execution_is_known_by_its_arn_alone(input: Any, execution: str | None) -> None:
    assert handler_results.execution_of(input) == execution
