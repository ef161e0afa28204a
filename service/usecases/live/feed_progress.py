"""What one execution's feed tells of its progress, drawn once for all who look at it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handrail.core.forecast import Forecast
from handrail.core.history.projection import Projection
from handrail.core.protocol.progress_document import (
    a_moment_later,
    at_its_end,
    noticeable,
    progress_document,
)
from handrail.core.protocol.progress_shapes import ProgressDocument

FRESH = timedelta(seconds=1)  # so old may be what is left of its time
APART = timedelta(seconds=5)  # between two announcements


@dataclass(eq=False, slots=True, repr=False)
class FeedProgress:
    """By this `forecast`. `drawn` is what was shown last; `marked` the last that was worth telling
    whoever is current to an event before `marked_at`; `announced` what those were to hear of too to
    whom no event was worth an update."""

    express: bool
    now: Callable[[], datetime]
    forecast: Forecast = field(init=False, default_factory=Forecast)
    drawn: ProgressDocument | None = field(init=False, default=None)
    marked: ProgressDocument | None = field(init=False, default=None)
    marked_at: int = field(init=False, default=0)
    announced: ProgressDocument | None = field(init=False, default=None)
    _drawn_at: datetime | None = field(init=False, default=None)
    _announced_at: datetime | None = field(init=False, default=None)

    def of(self, projection: Projection) -> ProgressDocument | None:
        return progress_document(projection, self.forecast, express=self.express, now=self.now())

    def now_of(
        self, projection: Projection, *, ended: bool
    ) -> tuple[ProgressDocument | None, bool]:
        """As it is to the second, or at its end, and whether that is another than was `drawn`."""
        known = self._drawn_at
        if known is not None and (self.forecast.typical_s is None or self.now() < known + FRESH):
            return self.drawn, False
        before, drawn = self.drawn, self._drawn(projection)
        if ended and drawn is not None:
            drawn = at_its_end(drawn)
        self._drawn_at = self.now()
        if drawn == before:
            return before, False
        self.drawn = drawn
        if self.announced is None:
            self.announced, self._announced_at = drawn, self._drawn_at
        fields = projection.execution
        over = fields is not None and fields.status.terminal  # what it came to is told to the last
        if over or noticeable(self.marked, drawn):
            self.marked, self.marked_at = drawn, projection.cursor
        return drawn, True

    def _drawn(self, projection: Projection) -> ProgressDocument | None:
        """How far it is takes a walk through all that is open: once a change, not once a second."""
        if self.drawn is None or self._drawn_at is None:
            return self.of(projection)
        return a_moment_later(self.drawn, projection, self.forecast, now=self.now())

    def foresee(self, forecast: Forecast) -> bool:
        """Expect this. Whether that is news."""
        if forecast == self.forecast:
            return False
        self.forecast = forecast
        self.outdated()
        return True

    def outdated(self) -> None:
        """Something changed."""
        self._drawn_at = None

    def announce(self, drawn: ProgressDocument | None) -> bool:
        """Whether that is news since the last time, which was a while ago."""
        last_at, now = self._announced_at, self.now()
        if (last_at is not None and now < last_at + APART) or not noticeable(self.announced, drawn):
            return False
        self.announced, self._announced_at = drawn, now
        return True
