"""Findings are written for people, for programs, for GitHub, and as SARIF."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from handrail.cli.finding_formats import Checked, as_github, as_json, as_sarif, as_text
from handrail.core.definition.lint.findings import Finding, Severity

FILE = Path("state machines/a.asl.json")
ERROR = Finding(
    "unknown-target", Severity.ERROR, "Missing 'Next' target: B", "A", "States.A.Next", 4
)
HINT = Finding("express-is-cheaper", Severity.INFO, "100 %,\nor so: less.")
BOTH = Checked(FILE, (ERROR, HINT))

SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {
            "required": ["tool"],
            "properties": {
                "tool": {"required": ["driver"], "properties": {"driver": {
                    "required": ["name"],
                    "properties": {"informationUri": {"pattern": "^https://"}, "rules": {
                        "uniqueItems": True, "items": {"required": ["id"], "properties": {
                            "shortDescription": {"required": ["text"]},
                            "helpUri": {"pattern": "^https://"},
                            "defaultConfiguration": {"properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]}}},
                        }}}}}}},
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"items": {
                    "required": ["message"],
                    "properties": {
                        "level": {"enum": ["none", "note", "warning", "error"]},
                        "message": {"required": ["text"]},
                        "locations": {"items": {"properties": {
                            "physicalLocation": {"properties": {
                                "artifactLocation": {"properties": {"uri": {"pattern": r"^\S+$"}}},
                                "region": {"properties": {
                                    "startLine": {"type": "integer", "minimum": 1}}}}}}}},
                    }}},
            }}},
    },
}  # fmt: skip
"""What SARIF 2.1.0's schema asks of the members that are written here."""


def test_people_read_a_line_a_finding() -> None:
    assert list(as_text(BOTH)) == [
        "state machines/a.asl.json:4: error unknown-target: A: Missing 'Next' target: B",
        "state machines/a.asl.json: info express-is-cheaper: 100 %,\nor so: less.",
    ]


def test_programs_read_an_object_a_line() -> None:
    first, second = (json.loads(line) for line in as_json(BOTH))

    assert (first["file"], first["code"], first["line"]) == (str(FILE), "unknown-target", 4)
    assert (first["severity"], first["state"], first["path"]) == ("error", "A", "States.A.Next")
    assert second["line"] is None


def test_github_reads_commands_in_which_nothing_is_taken_for_another() -> None:
    assert list(as_github(BOTH)) == [
        "::error file=state machines/a.asl.json,line=4,title=unknown-target"
        "::A: Missing 'Next' target: B",
        "::notice file=state machines/a.asl.json,title=express-is-cheaper::100 %25,%0Aor so: less.",
    ]


def test_code_scanning_reads_sarif() -> None:
    absolute = Checked(Path("/tmp/b.json"), (ERROR,))  # noqa: S108 no file is made

    written = json.loads(as_sarif([BOTH, absolute]))

    Draft7Validator(SARIF).validate(written)
    [run] = written["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "express-is-cheaper", "unknown-target",
    ]  # fmt: skip
    first, second, third = run["results"]
    assert (first["ruleId"], first["level"], second["level"]) == ("unknown-target", "error", "note")
    where = first["locations"][0]
    assert where["physicalLocation"]["artifactLocation"]["uri"] == "state%20machines/a.asl.json"
    assert where["physicalLocation"]["region"] == {"startLine": 4}
    assert where["logicalLocations"] == [{"fullyQualifiedName": "States.A.Next"}]
    uri = third["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "file:///tmp/b.json"


def test_sarif_of_nothing_is_a_run_without_results() -> None:
    assert json.loads(as_sarif([]))["runs"][0]["results"] == []
