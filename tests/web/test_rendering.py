"""Bodies are read as JSON, whatever they say they are."""

import pytest

from tests.web.served import Served

ORDER = "/v1/state-machines/order/executions"
KEYS = {"type", "title", "status", "detail", "code", "retryable", "request_id"}
NO_JSON = {
    "cut": b'{"input": ',
    "NaN": b'{"input": NaN}',
    "Infinity": b'{"input": -Infinity}',
    "no UTF-8": b'{"input": "\xff\xfe"}',
    "UTF-16": '{"input": 1}'.encode("utf-16"),
    "an escape cut short": b'{"input": "\\ud8"}',
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
        (b'{"input": ' + b"9" * 400 + b"}", "9" * 400),
        (b'{"input": "\\u0000"}', '"\\u0000"'),
        (b'{"input": "\\ud83d\\ude00"}', '"\\ud83d\\ude00"'),
        (b'{"input": ' + b"[" * 200 + b"]" * 200 + b"}", "[" * 200 + "]" * 200),
        (b'\n\t {"input": 1e2} \r\n', "1e2"),
        (b'\xef\xbb\xbf{"input": 1}', "1"),
        (b'{"input": 1e400, "name": "one"}', "1e400"),
        (b'{"input": {"a": 1, "a": 2}}', '{"a": 1, "a": 2}'),
    ],
    ids=[
        "400 digits",
        "NUL",
        "a pair of surrogates",
        "200 deep",
        "blanks",
        "a byte order mark",
        "more than a double",
        "two keys",
    ],
)
async def test_odd_json_is_json(served: Served, body: bytes, input: str) -> None:
    answer = await served.call("POST", ORDER, data=body)
    (run,) = served.stub.account.runs.values()
    assert (answer.status, run.input) == (202, input)


HALF = "holds half a surrogate pair (\\uD800 to \\uDFFF)"
NOT_TAKEN = {
    "a lone surrogate": (rb'{"input": "\ud800"}', "input", f"{HALF}: line 1, column 12"),
    "behind a name": (rb'{"name":"a","input":["\udc00"]}', "input", f"{HALF}: line 1, column 23"),
    "on the second line": ('{"input": ["é",\n "é\\ud83d"]}'.encode(), "input", "line 2, column 4"),
    "in a key": (rb'{"\udfff": 1}', "\ufffd", f"{HALF}: line 1, column 3"),
    "201 levels": (
        b'{"name": "one", "input": ' + b"[" * 201 + b"]" * 201 + b"}",
        "input",
        "is nested deeper than 200 levels: line 1, column 226",
    ),
    "100,000 brackets": (b"[" * 100_000, "", "is nested deeper than 200 levels"),
    "100,000 objects": (b'{"input":' * 100_000, "input", "is nested deeper than 200 levels"),
    "5,000 digits": (
        b'{"input": ' + b"9" * 5000 + b"}",
        "input",
        "holds a whole number of more than 4,300 digits: line 1",
    ),
    "a member twice": (b'{"input": 1, "input": 2}', "input", "is there twice"),
}


@pytest.mark.parametrize(("body", "path", "message"), NOT_TAKEN.values(), ids=NOT_TAKEN)
async def test_json_that_isn_t_taken_is_told_with_its_place(
    served: Served, body: bytes, path: str, message: str
) -> None:
    answer = await served.call("POST", ORDER, data=body)
    assert answer.status == 422
    (error,) = answer.body["errors"]
    assert error["path"] == path
    assert message in error["message"]
    assert not served.stub.account.runs


@pytest.mark.parametrize("type", ["text/plain", "application/x-www-form-urlencoded", "", "???"])
async def test_the_content_type_is_not_looked_at(served: Served, type: str) -> None:
    answer = await served.call("POST", ORDER, data=b'{"input": 1}', headers={"Content-Type": type})
    assert answer.status == 202
