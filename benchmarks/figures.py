"""What a benchmark answers: figures with the targets beside them, and how they are printed.

A figure keeps every round's value. Its median is what counts; the range says how noisy the machine
was meanwhile. Nothing here judges: a target that isn't reached is printed, not raised.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

HEADINGS = ("figure", "median", "min-max", "target", "reached")


@dataclass(frozen=True, slots=True)
class Target:
    """Bounds of a median, both inclusive; None leaves a side open."""

    at_least: float | None = None
    at_most: float | None = None

    def reached(self, value: float) -> bool:
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        if self.at_least == self.at_most:
            return f"= {self.at_least:g}"
        bounds = ((">=", self.at_least), ("<=", self.at_most))
        return " ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: a value a round, in `unit` (`x` for a ratio)."""

    name: str
    values: Sequence[float]
    unit: str
    target: Target | None = None

    @property
    def median(self) -> float:
        return median(self.values)

    def cells(self) -> tuple[str, ...]:
        """The line's texts, in the order of HEADINGS."""
        low, high = min(self.values), max(self.values)
        return (
            self.name,
            f"{_short(self.median)} {self.unit}",
            f"{_short(low)}-{_short(high)}" if len(self.values) > 1 else "",
            str(self.target) if self.target else "",
            ("yes" if self.target.reached(self.median) else "NO") if self.target else "",
        )


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's answer. `what_ran` says what was measured against what, in a few lines;
    `notes` are printed below the table."""

    title: str
    what_ran: str
    figures: Sequence[Figure]
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Options:
    """`quick` takes fewer and shorter rounds; `profile` adds where the time goes. The scenes of
    the read budget are of a `size`, None for their own, under one of `processes.quotas.TABLES`;
    with events pushed as `processes.delivery` reads `push`, on so many `replicas` with a `bus`.
    `without` is what the fleet of `chaos` has not."""

    quick: bool = False
    profile: bool = False
    size: int | None = None
    quotas: str = "large"
    push: str | None = None
    replicas: int = 1
    bus: bool = False
    seed: int = 1
    without: Sequence[str] = ()


def ratios(ours: Iterable[float], theirs: Iterable[float]) -> list[float]:
    """Round by round: neighbours in time share the machine's noise."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def table(figures: Sequence[Figure]) -> str:
    """Aligned columns, a line a figure."""
    lines = [HEADINGS, *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
