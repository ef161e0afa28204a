"""Whatever a service answers, the error can be read."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.moto_patches.optimised_error_names import optimised_error
from handrail.engine.moto_patches.sdk_error_names import sdk_error
from handrail.engine.moto_patches.service_errors import FailedCall, read, refuse_broken

TEXTS = st.none() | st.text()
RESPONSES = st.fixed_dictionaries(
    {},
    optional={
        "Error": st.none() | st.dictionaries(st.sampled_from(["Code", "Message", "x"]), TEXTS),
        "ResponseMetadata": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "HTTPStatusCode": st.none() | st.integers(100, 599),
                "RequestId": TEXTS,
                "HostId": TEXTS,
            },
        ),
    },
)


class Modelled(ClientError):
    """As botocore makes a class of each error in a service's model."""


def test_what_a_service_says_is_read() -> None:
    response: Any = {
        "Error": {"Code": "NoSuchKey", "Message": "Not here"},
        "ResponseMetadata": {"HTTPStatusCode": 404, "RequestId": "r", "HostId": "h"},
    }
    assert read(Modelled(response, "GetObject")) == FailedCall(
        "Modelled", "NoSuchKey", "Not here", 404, "r", "h"
    )
    assert read(ClientError(response, "GetObject")).shape is None


@given(RESPONSES)
def test_an_odd_answer_is_an_error_like_any_other(response: Any) -> None:
    error = ClientError({"Error": {}}, "Operation")
    error.response = response
    for name, cause in (
        sdk_error("s3", "getObject", read(error)),
        optimised_error("dynamodb", read(error)),
    ):
        assert name in ("S3.S3Exception", "DynamoDB.AmazonDynamoDBException")
        assert "Status Code: " in cause


@pytest.mark.parametrize("response", [{}, None])
def test_an_answer_of_nothing_is_said_to_be_unknown(response: Any) -> None:
    error = ClientError({"Error": {}}, "Operation")
    error.response = response
    assert read(error) == FailedCall(None, "Unknown", "null", 500, "null", None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            b'{"message": "The embedded engine failed: KeyError"}',
            "The embedded engine failed: KeyError",
        ),
        (b"<html>broken</html>", "<html>broken</html>"),
        (b"[]", "[]"),
        ("", ""),
    ],
)
def test_a_service_that_broke_is_an_error_of_its_own(body: Any, message: str) -> None:
    operation = SimpleNamespace(name="GetObject")
    with pytest.raises(ClientError) as caught:
        refuse_broken({"status_code": 500, "body": body}, operation)
    assert caught.value.response["Error"]["Message"] == message
    assert sdk_error("s3", "getObject", read(caught.value))[0] == "S3.S3Exception"


@pytest.mark.parametrize("status", [200, 404, 501])
def test_any_other_answer_is_left_to_be_read(status: int) -> None:
    refuse_broken({"status_code": status, "body": b""}, SimpleNamespace(name="GetObject"))
