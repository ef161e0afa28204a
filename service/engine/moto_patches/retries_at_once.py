"""Takes retries without an interval."""

from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto refuses a Retrier whose IntervalSeconds is 0.",
    since="5.0.16 or earlier",
    aws="It is taken, and the retry isn't waited for.",
    known="Published definitions that run on AWS have it, and asl-validator's schema allows it.",
)


@wraps("component.common.retry.interval_seconds_decl:IntervalSecondsDecl.__init__")
def take_interval(original: Callable[..., None], self: Any, seconds: int = 1) -> None:
    """0 too."""
    original(self, seconds or 1)
    self.seconds = seconds
