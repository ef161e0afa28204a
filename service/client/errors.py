"""What can go wrong between a client and the service.

ClientError
├── RequestRefused       the service answered, and the answer is no: a 4xx, its close code, or 501
├── ServiceUnreachable   nobody answers, or AWS behind the service doesn't, after all retries
└── StreamClosed         the service ended the stream before the execution ended
"""


class ClientError(Exception):
    """The root. `str(error)` is one line for a person."""


class RequestRefused(ClientError):
    """`status` is the HTTP status, or the WebSocket's 44xx close code less 4000; `code` is the
    problem's, `not_handrail` where somebody else answered."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


class ServiceUnreachable(ClientError):
    """`again` says whether another try may help, and `retry_after_s` when; `undone` that this one
    changed nothing."""

    def __init__(
        self,
        detail: str,
        *,
        again: bool = False,
        undone: bool = False,
        retry_after_s: float = 0.0,
    ) -> None:
        super().__init__(detail)
        self.again, self.undone = again, undone
        self.retry_after_s = retry_after_s


class StreamClosed(ClientError):
    """The text names the WebSocket's close code, or what was wrong with a message."""
