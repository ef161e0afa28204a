"""Which error ends a socket with which code."""

import pytest

from service.core.closing import (
    CloseCode,
    close_code_for_admission,
    close_code_for_authentication,
    close_code_for_subscription,
)
from service.core.errors import (
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
    assert close_code_for_subscription(error) is code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CredentialExpired("over"), CloseCode.CREDENTIAL_EXPIRED),
        (Unavailable("gone"), CloseCode.TRY_LATER),
        (Unauthenticated("who?"), CloseCode.UNAUTHENTICATED),
    ],
)
def test_a_socket_nobody_knows_whose_it_is(error: ServiceError, code: CloseCode) -> None:
    assert close_code_for_authentication(error) is code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Forbidden("no"), CloseCode.FORBIDDEN),
        (Draining("bye"), CloseCode.RESTARTING),
        (Unavailable("full"), CloseCode.TRY_LATER),
    ],
)
def test_a_socket_that_isnt_let_in(error: ServiceError, code: CloseCode) -> None:
    assert close_code_for_admission(error) is code
