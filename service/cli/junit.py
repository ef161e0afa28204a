"""Writes what came of cases as JUnit's XML, which CI systems show."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from handrail.entrypoints.run_cases import CaseReport

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(reports: Sequence["CaseReport"]) -> bytes:
    """A suite for each state machine, with its cases."""
    root = ElementTree.Element("testsuites")
    for machine, group in groupby(reports, key=lambda report: report.machine):
        cases = list(group)
        counts = {"tests": str(len(cases)), "failures": str(sum(not case.passed for case in cases))}
        took = {"time": _seconds(sum(case.took_s for case in cases))}
        suite = ElementTree.SubElement(root, "testsuite", {"name": machine, **counts, **took})
        for report in cases:
            _add(suite, report)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _add(suite: ElementTree.Element, report: "CaseReport") -> None:
    named = {"classname": report.machine, "name": report.case.name, "file": str(report.case.path)}
    case = ElementTree.SubElement(suite, "testcase", {**named, "time": _seconds(report.took_s)})
    if not report.passed:
        problems = [_NOT_IN_XML.sub("�", problem) for problem in report.problems]
        message = " ".join(problems[0].split())
        failure = ElementTree.SubElement(case, "failure", {"message": message})
        failure.text = "\n".join(problems)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
