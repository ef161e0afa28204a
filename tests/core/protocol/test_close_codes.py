"""The table of close codes, which clients and documents are held against, and which error closes a
socket with which."""

import re
from pathlib import Path

import pytest

from handrail.core.errors import (
    CredentialExpired,
    Draining,
    ExecutionNotFound,
    Forbidden,
    ServiceError,
    Throttled,
    Unauthenticated,
    Unavailable,
    UnsupportedByType,
)
from handrail.core.protocol.close_codes import (
    NEVER_SENT,
    AfterClose,
    CloseCode,
    after_close,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Throttled("slow"), CloseCode.TRY_LATER),
        (Forbidden("no"), CloseCode.FORBIDDEN),
        (ExecutionNotFound("none"), CloseCode.NOT_FOUND),
        (UnsupportedByType("express"), CloseCode.BAD_MESSAGE),
    ],
)
def test_a_socket_whose_one_subscription_cant_be(error: ServiceError, code: CloseCode) -> None:
    assert CloseCode.for_subscription(error) is code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CredentialExpired("over"), CloseCode.CREDENTIAL_EXPIRED),
        (Unavailable("gone"), CloseCode.TRY_LATER),
        (Unauthenticated("who?"), CloseCode.UNAUTHENTICATED),
    ],
)
def test_a_socket_nobody_knows_whose_it_is(error: ServiceError, code: CloseCode) -> None:
    assert CloseCode.for_authentication(error) is code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Forbidden("no"), CloseCode.FORBIDDEN),
        (Draining("bye"), CloseCode.RESTARTING),
        (Unavailable("full"), CloseCode.TRY_LATER),
    ],
)
def test_a_socket_that_isnt_let_in(error: ServiceError, code: CloseCode) -> None:
    assert CloseCode.for_admission(error) is code


ROOT = Path(__file__).parents[3]
RESUMED = "with jittered backoff, resuming by cursor"
COME_BACK = {
    RESUMED: AfterClose.RESUME,
    "with a fresh credential, resuming by cursor": AfterClose.REFRESH,
    "no": AfterClose.END,
}


def test_the_documents_table_is_this_one() -> None:
    text = (ROOT / "docs/live.md").read_text()
    rows = re.findall(r"^\| ([\d, ]+) \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    told = {int(code): COME_BACK[then] for codes, then in rows for code in codes.split(", ")}
    assert told == {int(code): code.after for code in CloseCode}


def test_the_client_package_goes_by_this_table() -> None:
    text = (ROOT / "packages/client/src/close_codes.js").read_text()
    [resumed] = re.findall(r"RESUME = \[([\d, _]+)\]", text)
    [refreshed] = re.findall(r'code === (\d+) \? "refresh"', text)
    assert set(map(int, resumed.split(", "))) == with_after(AfterClose.RESUME)
    assert {int(refreshed)} == with_after(AfterClose.REFRESH)


def test_codes_that_bring_a_client_back_are_below_4100() -> None:
    assert all(code < 4100 for code in CloseCode if code.after is not AfterClose.END)
    assert all(code.meaning.endswith(".") for code in CloseCode)
    assert {code for code in CloseCode if code >= 4000}.isdisjoint(NEVER_SENT)


@pytest.mark.parametrize("code", [1001, 1006, 1011, 1012, 1013, 4000, 4001])
def test_a_broken_or_restarting_connection_is_resumed(code: int) -> None:
    assert after_close(code) is AfterClose.RESUME


def test_an_expired_credential_is_refreshed_first() -> None:
    assert after_close(4002) is AfterClose.REFRESH


@pytest.mark.parametrize("code", [1000, 4400, 4401, 4403, 4404, 4408, 4409, 4429])
def test_a_settled_or_refused_connection_is_left_alone(code: int) -> None:
    assert after_close(code) is AfterClose.END


def test_a_code_that_is_not_in_the_table_ends() -> None:
    assert after_close(4999) is AfterClose.END


def with_after(after: AfterClose) -> set[int]:
    return {int(code) for code in CloseCode if code.after is after}
