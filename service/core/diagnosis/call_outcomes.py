"""Declares what came of one call to AWS, in our words."""

from dataclasses import dataclass
from enum import StrEnum


class CallResult(StrEnum):
    """How a call ended. `DENIED`: the credentials are known, and this isn't allowed them;
    `CREDENTIALS`: they aren't known, have expired, or there are none. `REFUSED`: the values break
    a rule, which AWS looks at after it has allowed the call."""

    ANSWERED = "answered"
    REFUSED = "refused"
    ABSENT = "absent"
    DENIED = "denied"
    CREDENTIALS = "credentials"
    THROTTLED = "throttled"
    UNOFFERED = "unoffered"
    FAILED = "failed"
    SLOW = "slow"
    UNREACHABLE = "unreachable"


class Obstacle(StrEnum):
    """What stands between here and a host that can't be reached."""

    NAME = "its name isn't known to DNS here"
    CLOSED = "nothing listens there"
    TLS = "no TLS connection comes about"
    PROXY = "the proxy doesn't let it through"
    BROKEN = "the connection breaks off"


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """`code` is AWS's, or the kind of failure where AWS didn't answer; `host` who was asked."""

    operation: str
    result: CallResult
    code: str = ""
    host: str = ""
    obstacle: Obstacle | None = None

    @property
    def answered(self) -> bool:
        return self.result is CallResult.ANSWERED

    @property
    def out_of_reach(self) -> bool:
        return self.result in {CallResult.UNREACHABLE, CallResult.SLOW}

    @property
    def why(self) -> str:
        """The rest of a sentence that begins with "it isn't known, for …"."""
        others = f"{self.operation} ends with {self.code or self.result.value}"
        return {
            CallResult.DENIED: f"{self.operation} is denied",
            CallResult.CREDENTIALS: f"the credentials aren't taken ({self.code})",
            CallResult.THROTTLED: f"AWS throttles {self.operation}: try again in a minute",
            CallResult.UNOFFERED: f"this endpoint doesn't offer {self.operation}",
            CallResult.SLOW: f"{self.host} doesn't answer in time",
            CallResult.UNREACHABLE: f"{self.host} can't be reached: {self.obstacle or self.code}",
        }.get(self.result, others)
