"""A finding says where in the definition it is, and is as grave as its rule."""

from handrail.core.definition.lint.findings import Finding, Severity, in_state, joined, on_whole
from tests.core.definitions import machine, task

STATE = machine({"A": task()}).states["A"]


def test_a_finding_is_on_a_state_or_on_something_in_it() -> None:
    on_it = in_state(STATE, "missing-branches", "M.")
    inside = in_state(STATE, "fail-without-error", "M.", "Catch", 0, "Next")

    assert on_it == Finding("missing-branches", Severity.ERROR, "M.", "A", "States.A")
    assert (inside.severity, inside.path) == (Severity.INFO, "States.A.Catch[0].Next")


def test_a_finding_may_be_on_the_whole() -> None:
    finding = on_whole("no-terminal-state", "M.")

    assert (finding.state, finding.path, finding.line) == (None, "", None)
    assert joined("", "StartAt") == "StartAt"
