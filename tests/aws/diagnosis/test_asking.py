"""What came of a call, whatever came."""

import socket
import ssl
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from botocore import exceptions as boto

from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.aws.diagnosis.asking import Asking, outcome_of
from handrail.aws.errors import translated
from handrail.core.diagnosis.call_outcomes import CallOutcome, CallResult, Obstacle
from handrail.core.errors import ServiceError
from tests.stubs.whole_account import HANG, Refused, WholeAccount

SFN, LISTING = "stepfunctions", "ListStateMachines"


def answer(code: str, status: int = 400, operation: str = LISTING) -> boto.ClientError:
    metadata: Any = {"HTTPStatusCode": status, "HTTPHeaders": {}}
    said: Any = {"Error": {"Code": code, "Message": "secret"}, "ResponseMetadata": metadata}
    return boto.ClientError(said, operation)


def told(error: BaseException) -> CallOutcome:
    with pytest.raises(ServiceError) as raised, translated(LISTING):
        raise error
    return outcome_of(LISTING, raised.value, "host")


@pytest.mark.parametrize(
    ("code", "status", "result"),
    [
        ("AccessDeniedException", 400, CallResult.DENIED),
        ("KmsAccessDeniedException", 400, CallResult.DENIED),
        ("ForbiddenException", 403, CallResult.DENIED),
        ("ExpiredTokenException", 400, CallResult.CREDENTIALS),
        ("UnrecognizedClientException", 400, CallResult.CREDENTIALS),
        ("InvalidSignatureException", 400, CallResult.CREDENTIALS),
        ("ThrottlingException", 400, CallResult.THROTTLED),
        ("UnknownOperationException", 400, CallResult.UNOFFERED),
        ("ResourceNotFoundException", 400, CallResult.ABSENT),
        ("AWS.SimpleQueueService.NonExistentQueue", 400, CallResult.ABSENT),
        ("ValidationException", 400, CallResult.REFUSED),
        ("InternalFailure", 500, CallResult.FAILED),
    ],
)
def test_an_answer_is_told_by_its_code(code: str, status: int, result: CallResult) -> None:
    outcome = told(answer(code, status))

    assert (outcome.result, outcome.code) == (result, code)
    assert "secret" not in repr(outcome)


def behind(error: Exception, *causes: BaseException) -> Exception:
    each: BaseException = error
    for cause in causes:
        each.__cause__ = cause
        each = cause
    return error


ENDPOINT = boto.EndpointConnectionError(endpoint_url="https://user:pass@host", error="x")


@pytest.mark.parametrize(
    ("error", "obstacle"),
    [
        (behind(ENDPOINT, socket.gaierror()), Obstacle.NAME),
        (boto.EndpointConnectionError(endpoint_url="x", error=socket.gaierror()), Obstacle.NAME),
        (boto.SSLError(endpoint_url="x", error=ssl.SSLError()), Obstacle.TLS),
        (behind(OSError(), ConnectionRefusedError()), Obstacle.CLOSED),
        (boto.ProxyConnectionError(proxy_url="x", error="y"), Obstacle.PROXY),
        (aiohttp.ServerDisconnectedError(), Obstacle.BROKEN),
    ],
)
def test_no_answer_is_told_by_what_stands_between(error: Exception, obstacle: Obstacle) -> None:
    outcome = told(error)

    assert (outcome.result, outcome.obstacle) == (CallResult.UNREACHABLE, obstacle)
    assert "pass" not in repr(outcome)


def test_a_role_that_can_t_be_assumed_is_no_denial_of_the_call() -> None:
    outcome = told(answer("AccessDenied", operation="AssumeRole"))

    assert (outcome.result, outcome.code) == (CallResult.CREDENTIALS, "AssumeRole: AccessDenied")


def test_no_credentials_are_no_denial() -> None:
    assert told(boto.NoCredentialsError()).result is CallResult.CREDENTIALS


async def test_a_call_that_hangs_ends_at_its_limit(account: WholeAccount, clients: Clients) -> None:
    account.everything = HANG

    found = await Asking(clients, limit_s=0.05).ask(SFN, LISTING)

    assert found.outcome.result is CallResult.SLOW
    assert found.outcome.host in account.url
    assert found.answer == {}


async def test_a_port_where_nothing_listens_is_closed() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        async with open_clients(AwsConfig(endpoint_url=url, max_attempts=1)) as clients:
            found = await Asking(clients).ask(SFN, LISTING)

    assert found.outcome.obstacle is Obstacle.CLOSED


async def test_a_service_that_the_sdk_has_no_description_of_isn_t_offered(asking: Asking) -> None:
    found = await asking.ask("no-such-service", "Anything")

    assert found.outcome.result is CallResult.UNOFFERED


async def test_dates_of_answers_and_of_refusals_bound_the_clock(
    account: WholeAccount, clients: Clients
) -> None:
    account.now = lambda: datetime.fromtimestamp(1_000_100, UTC)
    asking = Asking(clients, wall=lambda: 1_000_000.25)
    assert asking.ahead_s is None

    account.everything = Refused("AccessDeniedException")
    await asking.ask(SFN, LISTING)

    assert asking.ahead_s == (99.75, 100.75)
