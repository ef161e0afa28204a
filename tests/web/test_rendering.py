"""Bodies are read as JSON, whatever they say they are."""

import pytest

from tests.web.served import Served

ORDER = "/v1/state-machines/order/executions"
KEYS = {"type", "title", "status", "detail", "code", "retryable", "request_id"}
NO_JSON = {
    "cut": b'{"input": ',
    "NaN": b'{"input": NaN}',
    "Infinity": b'{"input": -Infinity}',
    "a lone surrogate": b'{"input": "\\ud800"}',
    "a lone surrogate in a key": b'{"\\udfff": 1}',
    "100,000 brackets": b"[" * 100_000,
    "100,000 objects": b'{"input":' * 100_000,
    "no UTF-8": b'{"input": "\xff\xfe"}',
    "UTF-16": '{"input": 1}'.encode("utf-16"),
    "a number of 5,000 digits": b'{"input": ' + b"9" * 5000 + b"}",
    "two values": b"{} {}",
    "single quotes": b"{'input': 1}",
    "a trailing comma": b'{"input": 1,}',
    "a form": b"input=1&name=one",
    "a NUL": b"\x00",
}


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
async def test_what_is_no_json_is_a_problem(served: Served, body: bytes) -> None:
    answer = await served.call("POST", ORDER, data=body)
    assert (answer.status, answer.body["code"]) == (400, "bad_json")
    assert set(answer.body) == KEYS
    assert answer.body["type"] == "urn:handrail:problem:bad_json"
    assert answer.body["retryable"] is False
    assert not served.stub.account.runs


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"true", b"[{}]"])
async def test_a_body_that_is_no_object_is_refused(served: Served, body: bytes) -> None:
    answer = await served.call("POST", ORDER, data=body)
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert set(answer.body) == KEYS | {"errors"}


@pytest.mark.parametrize(
    ("body", "input"),
    [
        (b'{"input": 1, "input": 2}', "2"),
        (b'{"input": ' + b"9" * 400 + b"}", "9" * 400),
        (b'{"input": "\\u0000"}', '"\\u0000"'),
        (b'{"input": "\\ud83d\\ude00"}', '"\U0001f600"'),
        (b'{"input": ' + b"[" * 150 + b"]" * 150 + b"}", "[" * 150 + "]" * 150),
        (b'\n\t {"input": 1e2} \r\n', "100.0"),
    ],
    ids=["the last of two keys", "400 digits", "NUL", "a pair of surrogates", "150 deep", "blanks"],
)
async def test_odd_json_is_json(served: Served, body: bytes, input: str) -> None:
    answer = await served.call("POST", ORDER, data=body)
    (run,) = served.stub.account.runs.values()
    assert (answer.status, run.input) == (202, input)


@pytest.mark.parametrize("type", ["text/plain", "application/x-www-form-urlencoded", "", "???"])
async def test_the_content_type_is_not_looked_at(served: Served, type: str) -> None:
    answer = await served.call("POST", ORDER, data=b'{"input": 1}', headers={"Content-Type": type})
    assert answer.status == 202
