"""Whatever is asked and answered, the quick signer and parser do as botocore's own do."""

import asyncio
import json
from functools import cache
from typing import Any

import pytest
from aiobotocore.parsers import AioResponseParserFactory
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.aws.fast_botocore import ParserFactory, _Signer

OPERATIONS: dict[str, list[str]] = {
    "dynamodb": ["GetItem", "Query", "UpdateItem"],
    "sqs": ["ReceiveMessage", "SendMessage"],
    "stepfunctions": [],
}
"""Of those of our services that speak AWS JSON; none named: all."""

NAMES = st.text("abcXYZ-_09", min_size=1, max_size=12).map("x-{}".format) | st.sampled_from(
    [
        *("Authorization", "Content-Type", "Date", "Expect", "User-Agent", "host", "traceparent"),
        *("X-Amz-Content-SHA256", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Target"),
        "X-Amzn-Trace-Id",
    ]
)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30)
HOSTS = [
    "states.us-east-1.amazonaws.com",
    "sync-states.eu-west-1.amazonaws.com:443",
    "user:secret@127.0.0.1:8083",
    "[::1]:8080",
    "Gateway.Example:80",
]
PATHS = ["", "/", "/a//b/../c", "/./ü%20 /~x", "/%E2%82%AC/*"]
QUERIES = ["", "?", "?b=2&a=1&a=0", "?a&=x&b==", "?q=%20+ü"]
REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "ap-southeast-7", "*", "ü"]

requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["POST", "GET", "put"]),
        "url": st.tuples(
            st.sampled_from(["https://", "http://"]), *map(st.sampled_from, (HOSTS, PATHS, QUERIES))
        ).map("".join),
        "data": st.none() | st.binary(max_size=200) | st.text(max_size=50).map(str.encode),
        "params": st.just({}) | st.dictionaries(VALUES, VALUES | st.integers(), max_size=3),
    }
)


_SigV4Auth: Any = SigV4Auth  # its types leave out what is replaced here


class AtTime(_SigV4Auth):  # type: ignore[misc] # see above
    """botocore's signer at a given time."""

    timestamp: str

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self.timestamp
        super()._modify_request_before_signing(request)


@given(
    request=requests,
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=6),
    context=st.sampled_from([{}, {"payload_signing_enabled": False}]),
    credentials=st.builds(
        ReadOnlyCredentials,
        st.sampled_from(["AKIDEXAMPLE", "ASIAOTHER"]),
        st.text(min_size=1, max_size=40),
        st.none() | st.text("abc/+=", max_size=40),
    ),
    scope=st.tuples(st.sampled_from(["states", "sqs", "execute-api"]), st.sampled_from(REGIONS)),
)
def test_any_request_is_signed_byte_for_byte_as_botocore_signs_it(
    request: dict[str, Any],
    headers: list[tuple[str, str]],
    context: dict[str, Any],
    credentials: ReadOnlyCredentials,
    scope: tuple[str, str],
) -> None:
    ours, theirs = AWSRequest(**request), AWSRequest(**request)
    for each in (ours, theirs):
        each.context.update(context)
        for name, value in headers:
            each.headers.add_header(name, value)  # a second value of a name stays beside the first
    _Signer(credentials, *scope).add_auth(ours)
    signer = AtTime(credentials, *scope)
    signer.timestamp = ours.context["timestamp"]
    signer.add_auth(theirs)
    assert "Signature=" in ours.headers["Authorization"]
    assert ours.headers.items() == theirs.headers.items()


def test_a_request_that_is_tried_again_is_signed_anew() -> None:
    signer = _Signer(ReadOnlyCredentials("a", "b", "c"), "states", "us-east-1")
    request = AWSRequest("POST", "https://states.us-east-1.amazonaws.com/", data=b"{}")
    signer.add_auth(request)
    first = request.headers["Authorization"]
    request.headers["amz-sdk-request"] = "attempt=2"
    signer.add_auth(request)
    assert len(request.headers.get_all("Authorization") or ()) == 1
    second = request.headers["Authorization"]
    assert second != first
    assert "amz-sdk-request" in second


def test_without_credentials_nothing_is_signed() -> None:
    signer: Any = _Signer
    with pytest.raises(NoCredentialsError):
        signer(None, "states", "us-east-1").add_auth(AWSRequest("POST", "https://a.example/"))


@cache
def operations(service: str) -> list[OperationModel]:
    model = ServiceModel(Loader().load_service_model(service, "service-2"))
    assert model.resolved_protocol == "json"
    return [model.operation_model(n) for n in OPERATIONS[service] or model.operation_names]


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
)
ODD = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
TIMES = st.floats(-1e10, 3e11) | st.sampled_from(
    [
        *(0, 1e18, -1e18, 253402300799.9999, float("inf"), float("nan"), True),
        *("2026-03-01T12:00:00.125Z", "Sun, 01 Mar 2026 12:00:00 GMT", "1772366400", "soon", ""),
    ]
)
UNKNOWN = ["__type", "message", "ResponseMetadata", "aMemberOfTomorrow"]


@cache
def typical(shape: Any) -> st.SearchStrategy[Any]:
    """What AWS may answer by its model."""
    match shape.type_name:
        case "structure":
            members = st.sampled_from([*shape.members, *UNKNOWN])
            return st.lists(members, max_size=4, unique=True).flatmap(
                lambda names: st.fixed_dictionaries(
                    {name: values(shape.members.get(name)) for name in names}
                )
            )
        case "list":
            return st.deferred(lambda: st.lists(values(shape.member), max_size=2))
        case "map":
            return st.deferred(
                lambda: st.dictionaries(st.text(max_size=5), values(shape.value), max_size=2)
            )
        case "timestamp":
            return TIMES
        case "blob":
            return st.sampled_from(["", "aGk=", "%", "a"])
        case _:
            return SCALARS


def values(shape: Any) -> st.SearchStrategy[Any]:
    """That, and now and then nothing at all, or what should never come."""
    if shape is None:
        return ODD
    return st.integers(0, 19).flatmap(
        lambda chance: ODD if chance == 0 else st.none() if chance == 1 else typical(shape)
    )


def read_by(factory: AioResponseParserFactory, response: Any, shape: Any) -> Any:
    """What a parser makes of an answer; an exception's class where it makes nothing of it."""
    parser = factory.create_parser("json")
    try:
        return asyncio.run(parser.parse(response, shape))
    except Exception:  # whichever: of two faults each names the one it saw first
        return Exception


def known(shape: Any, value: Any) -> Any:
    """The value without the members that the model doesn't know."""
    match shape and shape.type_name:
        case "structure" if isinstance(value, dict):
            members: Any = shape.members | {"SDK_UNKNOWN_MEMBER": None}
            return {k: known(members[k], each) for k, each in value.items() if k in members}
        case "list" if isinstance(value, list):
            return [known(shape.member, each) for each in value]
        case "map" if isinstance(value, dict):
            return {k: known(shape.value, each) for k, each in value.items()}
        case _:
            return value


@st.composite
def answers(draw: st.DrawFn, *, failed: bool) -> tuple[dict[str, Any], Any]:
    """An HTTP response and the shape of its operation's answer."""
    operation = draw(st.sampled_from(operations(draw(st.sampled_from(sorted(OPERATIONS))))))
    shape: Any = operation.output_shape
    headers = draw(st.sampled_from([{}, {"x-amzn-requestid": "r1"}]))
    body = draw(values(shape))
    if failed:
        code = st.sampled_from([each.name for each in operation.error_shapes] + ["Odd", "a#B:c"])
        members = {"__type": code | ODD, "message": st.text() | ODD, "Message": st.text() | ODD}
        body = draw(st.fixed_dictionaries({}, optional=members) | ODD) or body
        shape = draw(st.sampled_from([shape, *operation.error_shapes]))
        query = st.sampled_from(["", "AWS.SimpleQueueService.NonExistentQueue;Sender", ";", "x"])
        headers = headers | {"x-amzn-query-error": draw(query)} if draw(st.booleans()) else headers
    raw = json.dumps(body).encode()
    raw = draw(
        st.sampled_from([raw, raw, raw, raw, raw, b"", raw[:-1], b"<html/>", b"\xff", b"[]"])
    )
    status = draw(st.sampled_from([400, 403, 413, 500, 503]) if failed else st.just(200))
    return {"body": raw, "headers": headers, "status_code": status}, shape


@pytest.mark.parametrize("failed", [False, True])
@settings(max_examples=500)
@given(data=st.data())
def test_any_answer_is_read_as_botocore_reads_it(failed: bool, data: st.DataObject) -> None:
    response, shape = data.draw(answers(failed=failed))
    ours = read_by(ParserFactory(), response, shape)
    theirs = read_by(AioResponseParserFactory(), response, shape)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in ("ResponseMetadata", "Error"):
            assert ours.pop(name, None) == theirs.pop(name, None)
    assert known(shape, ours) == known(shape, theirs)
