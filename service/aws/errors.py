"""AWS's failures as facts in our own terms: `with translated("StartExecution"): …`.

Texts are ours, since AWS's may quote inputs and ARNs; the original stays behind `__cause__`.
Whatever says that this service's own credentials or rights don't do is logged here, as its caller
is told nothing of it. The codes are those of each operation, and
https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import aiohttp
import structlog
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from service.core.errors import (
    Conflict,
    ConnectionGone,
    ExecutionConflict,
    ExecutionNotFound,
    ExecutionNotRedrivable,
    FieldError,
    InvalidDefinition,
    InvalidInput,
    InvalidName,
    InvalidOutput,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    RepetitionRefused,
    ServiceError,
    StateMachineDeleting,
    StateMachineNotFound,
    TaskNotFound,
    TaskTimedOut,
    Throttled,
    Unavailable,
    UnsupportedByEndpoint,
    UnsupportedByType,
    UpstreamRefused,
)

RETRY_AFTER_S = 1.0
LIMIT_RETRY_AFTER_S = 10.0
"""ExecutionLimitExceeded: a million executions are open, and a second changes little."""

_FACTS: Mapping[str, tuple[type[ServiceError], str]] = {
    "InvalidExecutionInput": (InvalidInput, "The input isn't valid JSON, or it is too large."),
    "InvalidName": (InvalidName, "The name isn't one Step Functions allows."),
    "InvalidOutput": (InvalidOutput, "The output isn't valid JSON, or it is too large."),
    "StateMachineDoesNotExist": (StateMachineNotFound, "There is no such state machine."),
    "ExecutionDoesNotExist": (ExecutionNotFound, "There is no such execution."),
    "TaskDoesNotExist": (TaskNotFound, "There is no such task."),
    "ActivityDoesNotExist": (NotFound, "There is no such activity."),
    "ExecutionAlreadyExists": (ExecutionConflict, "An execution of this name exists already."),
    "StateMachineAlreadyExists": (Conflict, "A state machine of this name exists already."),
    "ActivityAlreadyExists": (Conflict, "An activity of this name exists already."),
    "GoneException": (ConnectionGone, "The socket was closed meanwhile."),
    "ConflictException": (Conflict, "Another change is under way, or the name is taken."),
    "ServiceQuotaExceededException": (Conflict, "A quota of the AWS account is used up."),
    "StateMachineLimitExceeded": (Conflict, "The AWS account holds no more state machines."),
    "ActivityLimitExceeded": (Conflict, "The AWS account holds no more activities."),
    "TaskTimedOut": (TaskTimedOut, "The task is over: settled, timed out or its execution ended."),
    "ExecutionNotRedrivable": (ExecutionNotRedrivable, "This execution can't be redriven."),
    "StateMachineDeleting": (StateMachineDeleting, "The state machine is being deleted."),
    "StateMachineTypeNotSupported": (
        UnsupportedByType,
        "This type of state machine doesn't support the operation.",
    ),
    "UnknownOperationException": (
        UnsupportedByEndpoint,
        "The Step Functions endpoint doesn't offer this operation.",
    ),
}
_REFUSALS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "KmsAccessDeniedException",
        "KmsInvalidStateException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)
# Calls botocore makes on its own, for this service's credentials, in the middle of ours.
_SIGN_INS = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials"})
_THROTTLES = frozenset(
    {
        "ActivityWorkerLimitExceeded",
        "ExecutionLimitExceeded",
        "KmsThrottled",
        "KmsThrottlingException",
        "LimitExceededException",
        "OverLimit",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_BY_STATUS: Mapping[int, tuple[type[ServiceError], str]] = {
    404: (NotFound, "AWS knows nothing of that name."),
    409: (Conflict, "AWS sees a conflict with what exists."),
    410: (ConnectionGone, "The socket was closed meanwhile."),
    413: (PayloadTooLarge, "AWS finds the request too large."),
    501: (UnsupportedByEndpoint, "The Step Functions endpoint doesn't offer this operation."),
}
_CREDENTIAL_ERRORS = (
    CredentialRetrievalError,
    InvalidConfigError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)
# RuntimeError is what aiohttp raises on a closed session and botocore on credentials that are
# expired right after a refresh; ValueError, what a body that is no JSON ends in.
_OTHER_ERRORS = (
    BotoCoreError,
    ResponseParserError,
    aiohttp.ClientError,
    OSError,
    RuntimeError,
    ValueError,
)
_CONSTRAINT = re.compile(r" at '(?P<member>[\w.]+)' failed to satisfy constraint: (?P<rule>[^;]+)")

_log = structlog.get_logger(__name__)


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Raise whatever an AWS call raises as a ServiceError. `operation` is AWS's name of the call.

    Cancellation and ServiceErrors pass as they are.
    """
    try:
        yield
    except ClientError as error:
        raise _from_answer(operation, error) from error
    except ParamValidationError as error:
        raise InvalidRequest(f"These values make no {operation} request.") from error
    except _CREDENTIAL_ERRORS as error:
        raise _refused(operation, type(error).__name__) from error
    except (HTTPClientError, ConnectionError) as error:
        raise _unreachable() from error
    except _OTHER_ERRORS as error:
        _log.error("aws call broke", operation=operation, error=type(error).__name__)
        raise _unreachable() from error


def _from_answer(operation: str, error: ClientError) -> ServiceError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    metadata = error.response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 400))
    if code in _THROTTLES or status == 429:
        return _throttled(code, metadata.get("HTTPHeaders", {}))
    if code in _REFUSALS or (error.operation_name in _SIGN_INS and status < 500):
        return _refused(operation, code, request_id=metadata.get("RequestId"))
    if code in _DEPENDING:
        return _DEPENDING[code](operation, str(error.response["Error"].get("Message", "")))
    if code in _FACTS:
        fact, detail = _FACTS[code]
        if fact is TaskTimedOut and metadata.get("RetryAttempts"):
            fact = RepetitionRefused
        return fact(detail)
    return _unknown(operation, code, status)


def _throttled(code: str, headers: Mapping[str, str]) -> Throttled:
    hint = headers.get("retry-after", "")
    after_s = LIMIT_RETRY_AFTER_S if code == "ExecutionLimitExceeded" else RETRY_AFTER_S
    if hint.isascii() and hint.isdigit():
        after_s = float(min(int(hint), 60))
    return Throttled("AWS takes no more of these calls for now.", retry_after_s=after_s)


def _unreachable() -> Unavailable:
    return Unavailable("AWS can't be reached or doesn't answer.", retry_after_s=RETRY_AFTER_S)


def _refused(operation: str, code: str, *, request_id: str | None = None) -> UpstreamRefused:
    answered = {} if request_id is None else {"aws_request_id": request_id}
    _log.error("aws refused", operation=operation, aws_code=code, **answered)
    return UpstreamRefused("AWS refused this service's request; its operator has been told why.")


def _named_nothing(operation: str, _message: str) -> NotFound:
    if operation.endswith("Activity") or operation == "GetActivityTask":
        return NotFound("There is no such activity.")
    if "MapRun" in operation and operation != "ListMapRuns":
        return NotFound("There is no such Map Run.")
    if "StateMachine" in operation and operation != "DescribeStateMachineForExecution":
        return StateMachineNotFound("There is no such state machine.")
    if operation in {"StartExecution", "StartSyncExecution", "ListExecutions"}:
        return StateMachineNotFound("There is no such state machine.")
    if "Execution" in operation or operation == "ListMapRuns":
        return ExecutionNotFound("There is no such execution.")
    return NotFound("There is no such resource.")


def _stale_token(operation: str, _message: str) -> ServiceError:
    if operation.startswith("SendTask"):
        return TaskNotFound("There is no such task.")
    return InvalidRequest("The page token is unknown or expired; start over without it.")


def _invalid(operation: str, message: str) -> InvalidRequest:
    """AWS's text quotes the values it refuses; only the members and the rules are passed on."""
    broken = [
        FieldError(found["member"], found["rule"].strip())
        for found in _CONSTRAINT.finditer(message)
    ]
    return InvalidRequest(f"AWS finds values of {operation} invalid.", errors=broken)


def _invalid_definition(_operation: str, message: str) -> InvalidDefinition:
    """The one text of AWS's passed on: only it says what is wrong with a definition, and where."""
    return InvalidDefinition(message or "The definition isn't valid.")


_DEPENDING: Mapping[str, Callable[[str, str], ServiceError]] = {
    "InvalidArn": _named_nothing,
    "ResourceNotFound": _named_nothing,
    "InvalidToken": _stale_token,
    "ValidationException": _invalid,
    "InvalidDefinition": _invalid_definition,
}


def _unknown(operation: str, code: str, status: int) -> ServiceError:
    if status in _BY_STATUS:
        fact, detail = _BY_STATUS[status]
        return fact(detail)
    if status >= 500:
        return Unavailable("AWS failed to answer.", retry_after_s=RETRY_AFTER_S)
    if status in {401, 403}:
        return _refused(operation, code)
    _log.warning("aws answered an unknown error", operation=operation, aws_code=code)
    return InvalidRequest(f"AWS refuses these values ({code or status}).")
