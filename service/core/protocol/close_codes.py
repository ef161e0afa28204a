"""The table of the codes a socket closes with, and which of our errors closes it with which."""

from enum import IntEnum, StrEnum
from typing import Self

from handrail.core import errors


class AfterClose(StrEnum):
    """A client then comes back with jittered backoff and resumes by cursor, does so with a fresh
    credential, or stays away."""

    RESUME = "resume"
    REFRESH = "refresh"
    END = "end"


class CloseCode(IntEnum):
    """Up to 1014 the codes of RFC 6455 and its registry, from 4000 on those of `handrail.v1`."""

    meaning: str
    after: AfterClose

    def __new__(cls, code: int, meaning: str = "", after: AfterClose = AfterClose.END) -> Self:
        member = int.__new__(cls, code)
        member._value_, member.meaning, member.after = code, meaning, after
        return member

    NORMAL = 1000, "The execution has ended."
    GOING_AWAY = 1001, "The other end, or a gateway between, is going away.", AfterClose.RESUME
    PROTOCOL_ERROR = 1002, "This breaks the WebSocket protocol."
    UNSUPPORTED_DATA = 1003, "The gateway takes no binary frames."
    NO_CODE = 1005, "The connection was closed without a code.", AfterClose.RESUME
    LOST = 1006, "The connection was lost.", AfterClose.RESUME
    INVALID_PAYLOAD = 1007, "The text is not UTF-8."
    TOO_BIG = 1009, "The message is too large."
    INTERNAL_ERROR = 1011, "Internal error.", AfterClose.RESUME
    RESTARTING = 1012, "The service is restarting.", AfterClose.RESUME
    TRY_LATER = 1013, "The service, or the caller's share of it, is full.", AfterClose.RESUME
    BAD_GATEWAY = 1014, "A proxy between can't reach the service.", AfterClose.RESUME
    TOO_SLOW = 4000, "The client doesn't read.", AfterClose.RESUME
    NO_PONG = 4001, "A ping went unanswered.", AfterClose.RESUME
    CREDENTIAL_EXPIRED = 4002, "The credential has expired.", AfterClose.REFRESH
    BAD_MESSAGE = 4400, "Not a message of this protocol."
    UNAUTHENTICATED = 4401, "The credential is unknown."
    FORBIDDEN = 4403, "This origin, or this principal, is not allowed."
    NOT_FOUND = 4404, "There is no such execution."
    INIT_TIMEOUT = 4408, "No init came in time."
    DUPLICATE_ID = 4409, "This subscription id is in use."
    TOO_MANY = 4429, "Too many messages or subscriptions."

    @classmethod
    def for_authentication(cls, error: errors.ServiceError) -> "CloseCode":
        """Where the principal can't be told."""
        if isinstance(error, errors.CredentialExpired):
            return cls.CREDENTIAL_EXPIRED
        known = not isinstance(error, errors.Unavailable | errors.UpstreamRefused)
        return cls.UNAUTHENTICATED if known else cls.TRY_LATER

    @classmethod
    def for_admission(cls, error: errors.ServiceError) -> "CloseCode":
        """Where the socket is not let in."""
        if isinstance(error, errors.Forbidden):
            return cls.FORBIDDEN
        return cls.RESTARTING if isinstance(error, errors.Draining) else cls.TRY_LATER

    @classmethod
    def for_subscription(cls, error: errors.ServiceError) -> "CloseCode":
        """Where the socket's only subscription is refused or has failed."""
        if isinstance(error, errors.Unavailable):
            return cls.TRY_LATER
        if isinstance(error, errors.Forbidden):
            return cls.FORBIDDEN
        return cls.NOT_FOUND if isinstance(error, errors.NotFound) else cls.BAD_MESSAGE


NEVER_SENT = {CloseCode.UNSUPPORTED_DATA, CloseCode.NO_CODE, CloseCode.LOST, CloseCode.BAD_GATEWAY}
"""What a client sees of a gateway, a proxy or a broken path, and never of the service itself."""

CUT_OFF = frozenset(
    {
        CloseCode.PROTOCOL_ERROR,
        CloseCode.INVALID_PAYLOAD,
        CloseCode.TOO_BIG,
        CloseCode.INTERNAL_ERROR,
        CloseCode.TOO_MANY,
    }
)
"""What a server that reads the frames ends a socket with by itself."""


REFUSAL = frozenset({CloseCode.UNAUTHENTICATED, CloseCode.FORBIDDEN, CloseCode.CREDENTIAL_EXPIRED})
"""What a socket that isn't let in ends with for who it is; one that is open may expire, too."""


def after_close(code: int) -> AfterClose:
    """What a client does about a close code. A code that isn't in the table ends."""
    return next((known.after for known in CloseCode if known == code), AfterClose.END)
