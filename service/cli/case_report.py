"""Words what came of cases, for a person and as JSON. Pure."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from handrail.core.cases.coverage import Coverage
from handrail.core.models import Json

from .lines import duration, one_line

if TYPE_CHECKING:
    from handrail.entrypoints.run_cases import CaseReport


def lines_of(report: "CaseReport") -> Iterator[str]:
    """One for a case that passed, with its end if none is expected; for another what isn't as
    expected, and the path it took."""
    name = f"{report.machine}/{report.case.name}"
    ended = "" if report.case.file.expect.model_fields_set else f"  {_ending(report)}"
    yield f"{'✓' if report.passed else '✗'} {name}  {duration(report.took_s)}{ended.rstrip()}"
    if report.passed:
        return
    for problem in report.problems:
        yield f"    {one_line(problem, longest=None)}"
    if report.outcome is not None:
        states = " → ".join(report.outcome.states) or "no state was entered"
        yield f"    path: {one_line(states, longest=None)}"
        if report.outcome.unfinished:
            yield f"    it ended in {one_line(', '.join(report.outcome.unfinished))}"


def _ending(report: "CaseReport") -> str:
    """How an execution ended of which nothing is expected."""
    if (outcome := report.outcome) is None:
        return ""
    return f"{outcome.status}{f': {one_line(outcome.error)}' if outcome.error else ''}"


def summary(reports: Sequence["CaseReport"], took_s: float) -> str:
    failed = sum(not report.passed for report in reports)
    passed = len(reports) - failed
    counts = [f"{passed} passed", *([f"{failed} failed"] if failed else [])]
    return f"{', '.join(counts)} in {duration(took_s)}." if reports else "There is no case to run."


def case_document(report: "CaseReport") -> Json:
    outcome = report.outcome
    return {
        "machine": report.machine,
        "case": report.case.name,
        "file": str(report.case.path),
        "passed": report.passed,
        "problems": list(report.problems),
        "status": outcome and outcome.status,
        "error": outcome and outcome.error,
        "cause": outcome and outcome.cause,
        "states": list(outcome.states) if outcome else [],
        "took_s": round(report.took_s, 3),
    }


def coverage_lines(machine: str, coverage: Coverage) -> Iterator[str]:
    entered, states, taken, ways = coverage.counts()
    yield f"{machine}: {entered} of {states} states, {taken} of {ways} transitions"
    yield from (f"    {line}" for line in coverage.missed())


def coverage_document(machine: str, coverage: Coverage) -> Json:
    entered, states, taken, ways = coverage.counts()
    return {
        "machine": machine,
        "states": {"entered": entered, "all": states},
        "transitions": {"taken": taken, "all": ways},
        "missed": coverage.missed(),
    }
