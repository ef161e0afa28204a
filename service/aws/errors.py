"""Translates AWS's failures into the service's errors: `with translated("StartExecution"): …`.

Texts are ours, since AWS's may quote inputs and ARNs; the original stays behind `__cause__`.
A refusal of this service's credentials or rights is logged here, as its caller isn't told of it.
The codes are those of each operation, and
https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import aiohttp
import structlog
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from handrail.core import errors as ours
from handrail.core.errors import ServiceError, Unavailable, UpstreamRefused

RETRY_AFTER_S = 1.0
LIMIT_RETRY_AFTER_S = 10.0
"""ExecutionLimitExceeded: a million executions are open, and a second changes little."""

_OVER = "The task is over: settled, timed out or its execution ended."
_UNSUPPORTED = "This type of state machine doesn't support the operation."
_FACTS: Mapping[str, tuple[type[ServiceError], str]] = {
    "InvalidExecutionInput": (ours.InvalidInput, "The input isn't valid JSON, or it is too large."),
    "InvalidName": (ours.InvalidName, "The name isn't one Step Functions allows."),
    "InvalidOutput": (ours.InvalidOutput, "The output isn't valid JSON, or it is too large."),
    "StateMachineDoesNotExist": (ours.StateMachineNotFound, "There is no such state machine."),
    "ExecutionDoesNotExist": (ours.ExecutionNotFound, "There is no such execution."),
    "TaskDoesNotExist": (ours.TaskNotFound, "There is no such task."),
    "ActivityDoesNotExist": (ours.NotFound, "There is no such activity."),
    "ExecutionAlreadyExists": (ours.ExecutionConflict, "An execution of this name exists already."),
    "StateMachineAlreadyExists": (ours.Conflict, "A state machine of this name exists already."),
    "ActivityAlreadyExists": (ours.Conflict, "An activity of this name exists already."),
    "QueueDoesNotExist": (ours.NotFound, "There is no such queue."),
    "AWS.SimpleQueueService.NonExistentQueue": (ours.NotFound, "There is no such queue."),
    "GoneException": (ours.ConnectionGone, "The socket was closed meanwhile."),
    "StateMachineLimitExceeded": (ours.Conflict, "The AWS account holds no more state machines."),
    "ActivityLimitExceeded": (ours.Conflict, "The AWS account holds no more activities."),
    "TaskTimedOut": (ours.TaskTimedOut, _OVER),
    "ExecutionNotRedrivable": (ours.ExecutionNotRedrivable, "This execution can't be redriven."),
    "StateMachineDeleting": (ours.StateMachineDeleting, "The state machine is being deleted."),
    "StateMachineTypeNotSupported": (ours.UnsupportedByType, _UNSUPPORTED),
}
_MOST = {"PublishStateMachineVersion": "1,000 versions", "CreateStateMachineAlias": "100 aliases"}
# Codes come with the suffix "Exception" or without, by operation and protocol; of KMS as `Kms…`
# (Step Functions), `KMS…` (SNS) or `KMS.…` (SQS).
_REFUSED = re.compile(
    r"(?:AccessDenied|AuthFailure|AuthorizationError|ExpiredToken|IncompleteSignature"
    r"|InvalidAccessKeyId|InvalidClientTokenId|InvalidSignature|MissingAuthenticationToken"
    r"|(?:Kms|KMS\.?)(?:AccessDenied|Disabled|InvalidKeyUsage|InvalidState|NotFound|OptInRequired)"
    r"|NotAuthorized|OptInRequired|RequestExpired|SignatureDoesNotMatch|UnauthorizedOperation"
    r"|UnrecognizedClient)(?:Exception)?"
)
# What endpoints other than AWS say of an operation that they lack.
_UNOFFERED = re.compile(
    r"(?:InvalidAction|NotImplemented|UnknownOperation|UnsupportedOperation)(?:Error|Exception)?"
)
_EXPIRED = re.compile(r"ExpiredToken(?:Exception)?|RequestExpired|CredentialRetrievalError")
_THROTTLED = re.compile(
    r"(?:ActivityWorkerLimitExceeded|ExecutionLimitExceeded|(?:Kms|KMS\.?)?Throttl(?:ed|ing)"
    r"|LimitExceeded|OverLimit|ProvisionedThroughputExceeded|RequestLimitExceeded|RequestThrottled|SlowDown"
    r"|TooManyRequests|TransactionConflict|TransactionInProgress)(?:Exception)?"
)
# Calls botocore makes on its own, for this service's credentials, in the middle of ours.
_SIGN_INS = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials"})
_BY_STATUS: Mapping[int, tuple[type[ServiceError], str]] = {
    404: (ours.NotFound, "AWS knows nothing of that name."),
    409: (ours.Conflict, "AWS sees a conflict with what exists."),
    410: (ours.ConnectionGone, "The socket was closed meanwhile."),
    413: (ours.PayloadTooLarge, "AWS finds the request too large."),
}
_CREDENTIAL_ERRORS = (
    boto.CredentialRetrievalError,
    boto.InvalidConfigError,
    boto.NoAuthTokenError,
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.RefreshWithMFAUnsupportedError,
    boto.SSOError,
    boto.TokenRetrievalError,
)
# RuntimeError is what aiohttp raises on a closed session and botocore on credentials that are
# expired right after a refresh; ValueError, what a body that is no JSON ends in.
_NO_ANSWER = (boto.BotoCoreError, ResponseParserError, aiohttp.ClientError, OSError)
_OTHER_ERRORS = (*_NO_ANSWER, RuntimeError, ValueError)
_CONSTRAINT = re.compile(r" at '(?P<member>[\w.]+)' failed to satisfy constraint: (?P<rule>[^;]+)")

_log = structlog.get_logger(__name__)


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Raises whatever an AWS call raises as a ServiceError. `operation` is AWS's name of the call.
    Cancellation and ServiceErrors pass as they are."""
    try:
        yield
    except boto.ClientError as error:
        raise _from_answer(operation, error) from error
    except boto.ParamValidationError as error:
        raise ours.InvalidRequest(f"These values make no {operation} request.") from error
    except _CREDENTIAL_ERRORS as error:
        raise _refused(operation, type(error).__name__) from error
    except TimeoutError as error:
        raise Unavailable("AWS didn't answer in time.", retry_after_s=RETRY_AFTER_S) from error
    except _OTHER_ERRORS as error:
        if not isinstance(error, boto.HTTPClientError | boto.ConnectionError):
            failure = type(error).__name__
            _log.error("aws call failed unexpectedly", operation=operation, error=failure)
        detail = "AWS can't be reached or doesn't answer."
        raise Unavailable(detail, retry_after_s=RETRY_AFTER_S) from error


def _from_answer(operation: str, error: boto.ClientError) -> ServiceError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    metadata = error.response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 400))
    if _THROTTLED.fullmatch(code) or status == 429:
        return _throttled(code, metadata.get("HTTPHeaders", {}))
    if _REFUSED.fullmatch(code) or (error.operation_name in _SIGN_INS and status < 500):
        return _refused(operation, code, request_id=metadata.get("RequestId"))
    if _UNOFFERED.fullmatch(code) or status == 501:
        return ours.UnsupportedByEndpoint(f"The endpoint doesn't offer {operation}.")
    if code in _DEPENDING:
        return _DEPENDING[code](operation, str(error.response["Error"].get("Message", "")))
    if (found := _FACTS.get(code) or _BY_STATUS.get(status)) is not None:
        fact, detail = found
        if fact is ours.TaskTimedOut and metadata.get("RetryAttempts"):
            fact = ours.RepetitionRefused
        return fact(detail)
    return _by_status(operation, code, status)


def _by_status(operation: str, code: str, status: int) -> ServiceError:
    if status >= 500:
        return Unavailable("AWS failed to answer.", retry_after_s=RETRY_AFTER_S)
    if status in {401, 403}:
        return _refused(operation, code)
    _log.warning("aws error code unknown", operation=operation, aws_code=code)
    return ours.InvalidRequest(f"AWS refuses these values ({code or status}).")


def _throttled(code: str, headers: Mapping[str, str]) -> ours.Throttled:
    hint = headers.get("retry-after", "")
    after_s = LIMIT_RETRY_AFTER_S if code == "ExecutionLimitExceeded" else RETRY_AFTER_S
    if hint.isascii() and hint.isdigit():
        after_s = float(min(int(hint), 60))
    return ours.Throttled("AWS takes no more of these calls for now.", retry_after_s=after_s)


def _refused(operation: str, code: str, *, request_id: str | None = None) -> UpstreamRefused:
    answered = {} if request_id is None else {"aws_request_id": request_id}
    _log.error("aws refused", operation=operation, aws_code=code, **answered)
    if _EXPIRED.fullmatch(code):
        message = "The credentials of this service have expired; fresh ones are on their way."
        return ours.UpstreamExpired(message, retry_after_s=RETRY_AFTER_S)
    return UpstreamRefused("AWS refused this service's request; its operator has been told why.")


def _named_nothing(operation: str, _message: str) -> ours.NotFound:
    if operation.endswith("Activity") or operation == "GetActivityTask":
        return ours.NotFound("There is no such activity.")
    if operation.startswith("Start") or operation == "ListExecutions":
        return ours.StateMachineNotFound("There is no such state machine.")
    if "Execution" in operation:
        return ours.ExecutionNotFound("There is no such execution.")
    if "StateMachine" in operation:
        return ours.StateMachineNotFound("There is no such state machine.")
    return ours.NotFound("There is no such resource.")


def _stale_token(operation: str, _message: str) -> ServiceError:
    if operation.startswith("SendTask"):
        return ours.TaskNotFound("There is no such task.")
    return ours.InvalidRequest("The page token is unknown or expired; start over without it.")


def _invalid(operation: str, message: str) -> ours.InvalidRequest:
    """Passes on the members and the rules alone: AWS's text quotes the values it refuses."""
    found = _CONSTRAINT.finditer(message)
    broken = [ours.FieldError(each["member"], each["rule"].strip()) for each in found]
    return ours.InvalidRequest(f"AWS finds values of {operation} invalid.", errors=broken)


def _invalid_definition(_operation: str, message: str) -> ours.InvalidDefinition:
    """Passes AWS's text on: only it says what is wrong with a definition, and where."""
    return ours.InvalidDefinition(message or "The definition isn't valid.")


def _conflict(operation: str, _message: str) -> ours.Conflict:
    if operation == "PublishStateMachineVersion":
        return ours.Conflict("It was changed meanwhile, so no version is published: deploy again.")
    return ours.Conflict("Another change is under way, or the name is taken.")


def _quota(operation: str, _message: str) -> ours.Conflict:
    if most := _MOST.get(operation):
        return ours.Conflict(f"A state machine has {most} at most: delete some that aren't used.")
    return ours.Conflict("A quota of the AWS account is used up.")


_DEPENDING: Mapping[str, Callable[[str, str], ServiceError]] = {
    "InvalidArn": _named_nothing,
    "ResourceNotFound": _named_nothing,
    "ResourceNotFoundException": _named_nothing,
    "ExpiredIteratorException": _stale_token,
    "InvalidArgumentException": _invalid,
    "InvalidToken": _stale_token,
    "ConflictException": _conflict,
    "ServiceQuotaExceededException": _quota,
    "ValidationException": _invalid,
    "InvalidDefinition": _invalid_definition,
}
