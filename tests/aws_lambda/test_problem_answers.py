"""Problems are written in the form each sender takes, and what doesn't fit becomes one."""

import json
from typing import Any

import pytest

from handrail.aws_lambda.invocation import Kind
from handrail.aws_lambda.problem_answers import (
    MOST_BYTES,
    MOST_BYTES_TO_LOAD_BALANCER,
    NotSetUp,
    Sender,
    fitting,
    refusal,
)

LISTS: dict[str, Any] = {"multiValueHeaders": {}}


def answer(body: str, **headers: str) -> dict[str, Any]:
    return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": False}


@pytest.mark.parametrize(
    ("event", "kind", "sender"),
    [
        ({}, Kind.HTTP_API, Sender(False, MOST_BYTES)),
        (LISTS, Kind.REST_API, Sender(False, MOST_BYTES)),
        ({}, Kind.LOAD_BALANCER, Sender(False, MOST_BYTES_TO_LOAD_BALANCER)),
        (LISTS, Kind.LOAD_BALANCER, Sender(True, MOST_BYTES_TO_LOAD_BALANCER)),
    ],
)
def test_the_sender_is_told_by_its_event(event: Any, kind: Kind, sender: Sender) -> None:
    assert Sender.of(event, kind) == sender


@pytest.mark.parametrize("lists", [False, True])
def test_a_problem_has_its_headers_in_the_senders_form(lists: bool) -> None:
    error = NotSetUp("Its log says why.", retry_after_s=5)
    shown = refusal(error, Sender(lists), request_id="r-1", headers={"vary": "origin"})
    headers = shown["multiValueHeaders" if lists else "headers"]
    told = {name: value[0] if lists else value for name, value in headers.items()}
    assert told == {
        "cache-control": "no-store",
        "content-type": "application/problem+json",
        "retry-after": "5",
        "vary": "origin",
        "x-request-id": "r-1",
    }
    assert shown["statusCode"] == 503
    assert json.loads(shown["body"])["code"] == "not_set_up"


def test_an_answer_that_fits_goes_out_as_it_is() -> None:
    sent = answer("x" * 3_000_000)
    assert fitting(sent, Sender(), request_id="r-1") is sent


def test_one_that_doesnt_becomes_a_problem_and_keeps_what_its_caller_needs() -> None:
    allowed = {"Access-Control-Allow-Origin": "*", "X-Request-ID": "theirs"}
    sent = answer("\x01" * 1_100_000, etag="1", **allowed)
    shown = fitting(sent, Sender(), request_id="r-1")
    assert shown["statusCode"] == 413
    assert "6 MB" in json.loads(shown["body"])["detail"]
    assert "etag" not in shown["headers"]
    assert allowed.items() <= shown["headers"].items()
