"""The pattern of starts: from which request it is learned, and that botocore signs alike."""

from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from handrail.aws.start_pattern import StartPattern

KEYS: Any = ReadOnlyCredentials("AKIDEXAMPLE", "made-up", None)
PASSING: Any = ReadOnlyCredentials("ASIAEXAMPLE", "other", "a/session+token==")
KEPT = {
    "X-Amz-Target": "AWSStepFunctions.StartExecution",
    "Content-Type": "application/x-amz-json-1.0",
    "User-Agent": "handrail/1",
}


def made(
    url: str = "https://states.us-east-1.amazonaws.com/",
    keys: Any = KEYS,
    *,
    method: str = "POST",
    headers: dict[str, str] = KEPT,
    body: bytes = b'{"a": 1}',
    at: str | None = None,
) -> AWSPreparedRequest:
    """A request as botocore makes and signs it, now or `at` that time."""
    request: Any = AWSRequest(method, url, headers=headers, data=body)
    signer: Any = SigV4Auth(keys, "states", "us-east-1")
    if at is not None:
        signer._modify_request_before_signing = lambda _: None
        request.headers["X-Amz-Date"] = at
        if keys.token:
            request.headers["X-Amz-Security-Token"] = keys.token
        context: dict[str, str] = Fixed(timestamp=at)
        request.context = context
    signer.add_auth(request)
    prepared: AWSPreparedRequest = request.prepare()
    return prepared


class Fixed(dict[str, str]):
    """A context whose time stays."""

    def __setitem__(self, name: str, value: str) -> None:
        self.setdefault(name, value)


@pytest.mark.parametrize("later", [KEYS, PASSING], ids=["the same keys", "others, with a token"])
@pytest.mark.parametrize("first", [KEYS, PASSING], ids=["learned without a token", "with one"])
def test_what_is_made_by_it_is_signed_as_botocore_signs_it(first: Any, later: Any) -> None:
    pattern = StartPattern.of(made(keys=first), first)
    assert pattern is not None
    headers = pattern.request_headers(later, b"{}")
    expected = made(keys=later, body=b"{}", at=headers["X-Amz-Date"]).headers
    for name in ("Authorization", "X-Amz-Date", *KEPT):
        assert headers[name] == expected[name]
    assert headers.get("X-Amz-Security-Token") == later.token


@given(st.text("abc/.~%2F+é ?&=", max_size=12))
def test_an_address_that_would_be_signed_otherwise_is_not_learned(path: str) -> None:
    url = f"http://127.0.0.1:4566/{path}"
    pattern = StartPattern.of(made(url), KEYS)
    if pattern is not None:
        at = "20260301T120000Z"
        expected = made(url, body=b"{}", at=at).headers["Authorization"]
        assert pattern.authorization(KEYS, at, b"{}") == expected


@pytest.mark.parametrize(
    "request_",
    [
        made(method="PUT"),
        made(headers=KEPT | {"X-Tomorrow": "1"}),
        made(headers={**KEPT, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}),
        made(headers={"Content-Type": "x"}),
        made(keys=PASSING),
        AWSRequest("POST", "https://states.us-east-1.amazonaws.com/", headers=KEPT).prepare(),
        AWSRequest(
            "POST", "https://a.test/", headers=KEPT | {"Authorization": "Bearer x"}
        ).prepare(),
    ],
    ids=["PUT", "a header", "no hash", "a target missing", "other keys", "unsigned", "a token"],
)
def test_what_is_not_known_is_not_learned(request_: AWSPreparedRequest) -> None:
    assert StartPattern.of(request_, KEYS) is None


def test_each_start_is_a_call_of_its_own() -> None:
    pattern = StartPattern.of(made(), KEYS)
    assert pattern is not None
    first, second = (pattern.request_headers(KEYS, b"") for _ in range(2))
    assert first["amz-sdk-invocation-id"] != second["amz-sdk-invocation-id"]
