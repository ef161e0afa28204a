"""Takes retries without an interval."""

from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto refuses a Retrier whose IntervalSeconds is 0.",
    since="5.0.16 or earlier",
    aws="It is taken, and the retry isn't waited for.",
    known="The schema of asl-validator, and the tests of the emulator floci, which follow AWS.",
)


@wraps("component.common.retry.interval_seconds_decl:IntervalSecondsDecl.__init__")
def take_interval(original: Callable[..., None], self: Any, seconds: int = 1) -> None:
    """0 too."""
    original(self, seconds or 1)
    self.seconds = seconds
