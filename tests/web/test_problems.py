"""What a hostile or careless client can send: always a problem, never a 500, never a hang."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from .conftest import Serving
from .served import Served, settled, tasks

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


async def test_a_body_too_large_is_refused(serve: Serving) -> None:
    async with serve(max_body_bytes=2048) as served:
        for size in (2049, 60_000):
            answer = await served.call("POST", ORDER, data=b'"' + b"x" * size + b'"')
            assert (answer.status, answer.media_type) == (413, "application/problem+json")
        assert (await served.call("POST", ORDER, data=b" " * 2048)).status == 202


async def test_a_body_too_large_without_a_length_is_refused(serve: Serving) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b" " * 1024

    async with serve(max_body_bytes=2048) as served:
        answer = await served.call("POST", ORDER, data=chunks())
        assert answer.status == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "BREW"])
async def test_a_wrong_method_is_a_problem_that_names_the_right_ones(
    served: Served, method: str
) -> None:
    answer = await served.call(method, ORDER)
    assert (answer.status, answer.body["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/", "/v1/state-machines/", "/v1/executions/a:b/nothing", "/%00"]
)
async def test_an_unknown_path_is_a_problem(served: Served, path: str) -> None:
    answer = await served.get(path)
    assert (answer.status, answer.body["code"]) == (404, "not_found")
    assert set(answer.body) == KEYS


@pytest.mark.parametrize("path", ["/v1/ws", "/v1/executions/order:one/ws"])
async def test_a_socket_s_path_asks_for_an_upgrade(served: Served, path: str) -> None:
    answer = await served.get(path)
    assert (answer.status, answer.body["code"]) == (426, "upgrade_required")


async def test_a_request_s_own_id_is_kept(served: Served) -> None:
    answer = await served.get("/nothing", headers={"X-Request-Id": "trace-1:a/b+c="})
    assert answer.headers["x-request-id"] == answer.body["request_id"] == "trace-1:a/b+c="


@pytest.mark.parametrize("sent", ["", "x" * 129, "<script>", "a b", 'a"b', "ä", "\t"])
async def test_a_weird_request_id_is_replaced(served: Served, sent: str) -> None:
    answer = await served.get("/nothing", headers={"X-Request-Id": sent})
    made = answer.body["request_id"]
    assert made not in {"", sent}
    assert answer.headers["x-request-id"] == made


async def test_every_request_has_an_id_of_its_own(served: Served) -> None:
    answers = await asyncio.gather(*(served.get("/healthz") for _ in range(20)))
    assert len({answer.headers["x-request-id"] for answer in answers}) == 20


async def test_a_problem_repeats_nothing_of_what_was_sent(served: Served) -> None:
    secret = "sk-12345"
    for body in ({"name": secret + "!"}, {"name": [secret]}, {secret: 1}):
        answer = await served.post(ORDER, body)
        shown = {key: value for key, value in answer.body.items() if key != "errors"}
        assert secret not in json.dumps(shown)


async def raw(served: Served, data: bytes) -> bytes:
    """What the server answers to bytes that may be no HTTP, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(data)
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "data",
    [
        b"not http at all\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 70_000,
        b"GET /v1/ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ],
    ids=["noise", "bad length", "two hosts", "endless headers", "half an upgrade"],
)
async def test_broken_http_is_a_400_and_the_end(served: Served, data: bytes) -> None:
    answer = await raw(served, data)
    assert answer.startswith(b"HTTP/1.1 4")
    assert (await served.get("/healthz")).status == 200


@pytest.mark.parametrize("pieces", [40, 640], ids=["2.5 MiB", "40 MiB"])
@pytest.mark.parametrize("path", [ORDER, "/nothing", "/v1/ws"])
async def test_an_upload_too_large_is_seen_to_its_end_or_cut_off(
    served: Served, path: str, pieces: int
) -> None:
    """Server, app and client must not wait for each other while the client still sends."""
    before = tasks()

    async def upload() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        size = pieces * 65_536
        writer.write(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode())
        try:
            for _ in range(pieces):
                writer.write(b" " * 65_536)
                await writer.drain()
            return await reader.readline()
        except ConnectionError:
            return b"cut off"
        finally:
            writer.transport.abort()

    async with asyncio.timeout(20):
        answers = set(await asyncio.gather(*(upload() for _ in range(3))))
    if pieces == 40:
        assert answers <= {b"HTTP/1.1 413 \r\n", b"HTTP/1.1 404 \r\n", b"HTTP/1.1 405 \r\n"}
    await settled(before)
