"""Declares the failures, as facts in our own terms. `code` is stable: clients switch on it.
`retryable` says whether the same call may succeed later, `status` is the HTTP answer's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One broken rule: `path` is dotted from the document's root (`input.order.id`)."""

    path: str
    message: str


class StartupError(Exception):
    """The service, or a command, can't start as it is set up. The text is written for whoever
    started it, and names what to change."""


class SettingsError(StartupError):
    """A setting can't be used. The text names each variable at fault."""


class ServiceError(Exception):
    """`detail` is written for the caller and never holds a payload or a secret; `facts` are members
    of the problem document besides the usual ones."""

    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after_s: float | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail, self.errors = detail, tuple(errors)
        self.retry_after_s, self.facts = retry_after_s, dict(facts or {})


class InvalidRequest(ServiceError):  # the caller's values break a rule
    code, title, status = "invalid_request", "Invalid request", 422


class InvalidInput(InvalidRequest):  # the input breaks the machine's schema or a quota
    code, title = "invalid_input", "Invalid input"


class InvalidOutput(InvalidRequest):  # the same of a callback's output
    code, title = "invalid_output", "Invalid output"


class InvalidName(InvalidRequest):
    code, title = "invalid_name", "Invalid name"


class InvalidDefinition(InvalidRequest):  # a state machine's definition or schema can't be read
    code, title = "invalid_definition", "Invalid definition"


class SignatureInvalid(ServiceError):  # never says which part, nor whether the secret is known
    code, title, status = "signature_invalid", "Signature is not valid", 401


class LinkForbids(ServiceError):  # a signed link doesn't offer this outcome
    code, title, status = "link_forbids", "Not offered by this link", 403


class Unauthenticated(ServiceError):  # no credential, or one that isn't known here
    code, title, status = "unauthenticated", "Not signed in", 401


class CredentialExpired(Unauthenticated):
    code, title = "credential_expired", "Credential expired"


class Forbidden(ServiceError):  # it may be seen, but this may not be done with it
    code, title, status = "forbidden", "Not allowed", 403


class NotFound(ServiceError):
    code, title, status = "not_found", "Not found", 404


class StateMachineNotFound(NotFound):
    code, title = "state_machine_not_found", "State machine not found"


class ExecutionNotFound(NotFound):
    code, title = "execution_not_found", "Execution not found"


class StateNotFound(NotFound):  # the execution's definition has no state of this name
    code, title = "state_not_found", "State not found"


class TaskNotFound(NotFound):  # a token or an event id that names no waiting task
    code, title = "task_not_found", "Task not found"


class LinkInvalid(NotFound):  # the detail never quotes what may be somebody's credential
    code, title = "link_invalid", "Link is not valid"


class NewsNotFound(NotFound):  # it was delivered, dropped or forgotten meanwhile
    code, title = "news_not_found", "News not found"


class ConnectionGone(NotFound):  # the socket was closed meanwhile
    code, title = "connection_gone", "Connection is gone"


class Conflict(ServiceError):
    code, title, status = "conflict", "Conflict", 409


class ExecutionConflict(Conflict):  # the name or key is taken by another input
    code, title = "execution_conflict", "Execution exists with another input"


class ExecutionEnded(Conflict):
    code, title = "execution_ended", "Execution has ended"


class TaskAlreadySettled(Conflict):  # otherwise than asked; `facts` say how, and when
    code, title = "task_already_settled", "Task was settled otherwise"


class TokenUnavailable(Conflict):  # the raw-token route is left
    code, title = "token_unavailable", "Task token can't be found in the history"


class TokensUnavailable(ServiceError):  # the same of tokens for browsers
    code, title, status = "tokens_unavailable", "Tokens are not set up", 501


class StatusChangesUnavailable(
    ServiceError
):  # no key by which EventBridge would show itself is set
    code, title, status = "status_changes_unavailable", "Status changes are not taken here", 501


class LinksUnavailable(Conflict):  # no key to sign links with is set
    code, title = "links_unavailable", "Signed links are not set up"


class ExecutionNotRedrivable(Conflict):
    code, title = "execution_not_redrivable", "Execution can't be redriven"


class UnsupportedByType(Conflict):  # e.g. the history of an Express execution
    code, title = "unsupported_by_type", "Not supported by this type of state machine"


class InputUnavailable(Conflict):  # of an execution: whoever has it must send it
    code, title = "input_unavailable", "Input can't be read"


class SubscriptionExists(Conflict):  # the subscription's id is in use on its socket
    code, title = "subscription_exists", "Subscription id is in use"


class TooManySubscriptions(Conflict):  # on one socket
    code, title = "too_many_subscriptions", "Too many subscriptions"


class StateMachineDeleting(Conflict):
    code, title = "state_machine_deleting", "State machine is being deleted"


class CursorUnknown(ServiceError):  # it belongs to an earlier execution of the name
    code, title, status = "cursor_unknown", "Cursor unknown", 410


class TaskTimedOut(ServiceError):
    code, title, status = "task_timed_out", "Task timed out", 410


class LinkExpired(ServiceError):
    code, title, status = "link_expired", "Link has expired", 410


class RepetitionRefused(TaskTimedOut):
    """AWS says to a repeated call that the task is over, maybe by the attempt before."""


class PayloadTooLarge(ServiceError):
    code, title, status = "payload_too_large", "Payload too large", 413


class ShareExceeded(ServiceError):  # of one principal: others aren't refused
    code, title, status, retryable = "too_many", "Too many", 429, True


class TooManySockets(ShareExceeded):
    code, title = "too_many_sockets", "Too many sockets"


class TooManyStarts(ShareExceeded):
    code, title = "too_many_starts", "Too many starts"


class TooManyStatusChanges(ShareExceeded):  # of all who send them together
    code, title = "too_many_status_changes", "Too many status changes"


class TooManyTickets(ShareExceeded):
    code, title = "too_many_tickets", "Too many tickets"


class TooManyWatches(ShareExceeded):
    code, title = "too_many_watches", "Too many watches"


class Unavailable(ServiceError):  # AWS throttles, fails or is out of reach; retryable
    code, title, status, retryable = "unavailable", "Temporarily unavailable", 503, True


class Throttled(Unavailable):
    code, title = "throttled", "AWS is throttling"


class Overloaded(Unavailable):  # this process has as many requests as it takes at once
    code, title = "overloaded", "Too many requests at once"


class OutboxFull(Unavailable):  # as much news waits as its store takes
    code, title = "outbox_full", "Too much news waits"


class NotShownYet(Unavailable):
    """It is there, and AWS's reads lag. The same for clients, who try again."""


class DeadlineExceeded(Unavailable):  # the request's own time is up; it may have taken effect
    code, title, status = "timeout", "Out of time", 504


class Draining(Unavailable):  # this process is shutting down
    code, title = "draining", "Shutting down"


class UpstreamRefused(ServiceError):  # AWS denies this service's own credentials
    code, title, status = "upstream_refused", "AWS refused the service's credentials", 502


class UpstreamExpired(UpstreamRefused):
    """They have expired, or couldn't be fetched: fresh ones come by themselves."""

    status, retryable = 503, True


class UnsupportedByEndpoint(ServiceError):  # an emulator that lacks the operation
    code, title, status = "unsupported_by_endpoint", "Not supported by this endpoint", 501


class ListsUnavailable(ServiceError):  # on API Gateway lists can't be subscribed to
    code, title, status = "lists_unavailable", "Lists aren't followed here", 501


class NewsUnavailable(ServiceError):  # nothing keeps news that is to be sent
    code, title, status = "news_unavailable", "No news is sent from here", 501


class StreamingUnavailable(ServiceError):  # `facts` name `events` (long-poll) and `ws` instead
    code, title, status = "streaming_unavailable", "Nothing is streamed here", 501
