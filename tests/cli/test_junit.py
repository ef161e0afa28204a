"""JUnit's XML has a suite a state machine, and says why a case failed."""

from dataclasses import replace
from xml.etree import ElementTree

from handrail.cli.junit import junit
from tests.cli.test_case_report import FAILED, PASSED


def test_a_suite_has_its_cases_and_their_failures() -> None:
    strange = replace(FAILED, machine="refund", problems=("a \x00 <b>",))
    root = ElementTree.fromstring(junit([PASSED, FAILED, strange]))  # noqa: S314 our own
    suites = [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root]
    assert suites == [("order", "2", "1"), ("refund", "1", "1")]
    failures = [failure.get("message") for failure in root.iter("failure")]
    assert failures == ["It waits for ever.", "a � <b>"]
