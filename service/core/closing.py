"""The codes a socket closes with, and which of our errors ends it with which."""

from enum import IntEnum

from .errors import (
    CredentialExpired,
    Draining,
    Forbidden,
    NotFound,
    ServiceError,
    Unavailable,
    UpstreamRefused,
)


class CloseCode(IntEnum):
    """Up to 1013 RFC 6455's; 4000 to 4099 come back and resume, 4400 and up don't."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    INVALID_PAYLOAD = 1007
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    RESTARTING = 1012
    TRY_LATER = 1013
    TOO_SLOW = 4000
    NO_PONG = 4001
    CREDENTIAL_EXPIRED = 4002
    BAD_MESSAGE = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    TOO_MANY = 4429


CUT_OFF = frozenset(
    {CloseCode.PROTOCOL_ERROR, CloseCode.INVALID_PAYLOAD, CloseCode.TOO_BIG, CloseCode.TOO_MANY}
)
"""What a server that reads the frames ends a socket with by itself."""


def code_of_refusal(error: ServiceError) -> CloseCode:
    """How a socket with one subscription ends when that can't be."""
    if isinstance(error, Unavailable):
        return CloseCode.TRY_LATER
    if isinstance(error, Forbidden):
        return CloseCode.FORBIDDEN
    return CloseCode.NOT_FOUND if isinstance(error, NotFound) else CloseCode.BAD_MESSAGE


def code_of_stranger(error: ServiceError) -> CloseCode:
    """How a socket ends whose principal can't be told."""
    match error:
        case CredentialExpired():
            return CloseCode.CREDENTIAL_EXPIRED
        case Unavailable() | UpstreamRefused():
            return CloseCode.TRY_LATER
        case _:
            return CloseCode.UNAUTHENTICATED


def code_of_shut_door(error: ServiceError) -> CloseCode:
    """How a socket ends that isn't let in."""
    if isinstance(error, Forbidden):
        return CloseCode.FORBIDDEN
    return CloseCode.RESTARTING if isinstance(error, Draining) else CloseCode.TRY_LATER
