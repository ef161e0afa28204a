"""What came of a case is worded in lines."""

from dataclasses import replace
from pathlib import Path

from handrail.cli.case_report import case_document, lines_of, summary
from handrail.core.stand_ins.case_file import CaseFile
from handrail.entrypoints.run_cases import CaseReport
from handrail.usecases.case_folder import FoundCase
from tests.core.cases.test_judging import STUCK, SUCCEEDED

CASE = FoundCase(
    Path("order"),
    None,
    "paid",
    Path("order/cases/paid.json"),
    CaseFile.read({"expect": {"status": "SUCCEEDED"}}),
)
PASSED = CaseReport("order", CASE, SUCCEEDED, (), 0.012)
FAILED = CaseReport("order", CASE, STUCK, ("It waits\nfor ever.",), 2)
UNSTARTED = CaseReport("order", CASE, None, ("It can't be run.",), 0)


def test_a_case_that_passed_takes_a_line() -> None:
    assert list(lines_of(PASSED)) == ["✓ order/paid  12 ms"]


def test_one_of_which_nothing_is_expected_tells_its_end() -> None:
    file = CaseFile.read({"expect": {}})
    failed = replace(SUCCEEDED, status="FAILED", error="Busy")
    case = replace(PASSED, case=replace(CASE, file=file), outcome=failed)
    assert list(lines_of(case)) == ["✓ order/paid  12 ms  FAILED: Busy"]


def test_one_that_failed_tells_where_it_was() -> None:
    assert list(lines_of(FAILED)) == [
        "✗ order/paid  2.0 s",
        "    It waits for ever.",
        "    path: A → B → C",
        "    it ended in C",
    ]


def test_one_that_never_ran_has_no_path() -> None:
    assert list(lines_of(UNSTARTED)) == ["✗ order/paid  0 ms", "    It can't be run."]
    assert case_document(UNSTARTED)["status"] is None


def test_the_sum() -> None:
    assert summary([PASSED, FAILED, PASSED], 1.5) == "2 passed, 1 failed in 1.5 s."
    assert summary([PASSED], 0.5) == "1 passed in 500 ms."
    assert summary([], 0) == "There is no case to run."
