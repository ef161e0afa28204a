"""A finding says where in the definition it is."""

from handrail.core.definition.findings import Finding, Severity, error, info
from tests.core.definitions import machine, task

STATE = machine({"A": task()}).states["A"]


def test_a_finding_is_on_a_state_or_on_one_of_its_fields() -> None:
    assert error(STATE, "c", "M.") == Finding("c", Severity.ERROR, "M.", "A", "States.A")
    assert info(STATE, "c", "M.", "End") == Finding("c", Severity.INFO, "M.", "A", "States.A.End")
