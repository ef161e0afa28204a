"""Writes lint's findings: for people, one JSON object a line, as GitHub's annotations, as SARIF.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions,
https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from handrail.core.definition.lint import RULES, Finding, Severity
from handrail.core.models import Json

_HELP = "https://github.com/handrail/handrail/blob/main/docs/lint.md"
_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What lint says of one file, or of a folder that has none to be read; `cost` in words;
    `machine` is the state machine's name where the file may have several."""

    file: Path
    findings: Sequence[Finding]
    cost: str | None = None
    machine: str | None = None

    @property
    def label(self) -> str:
        return f"{self.file}: {self.machine}" if self.machine else str(self.file)


def as_text(checked: Checked) -> Iterator[str]:
    for finding in checked.findings:
        line = f":{finding.line}" if finding.line else ""
        where = f" {finding.state}:" if finding.state else ""
        machine = f" {checked.machine}:" if checked.machine else ""
        said = f"{finding.severity.value} {finding.code}:{machine}{where} {finding.message}"
        yield f"{checked.file}{line}: {said}"


def as_json(checked: Checked) -> Iterator[str]:
    for finding in checked.findings:
        name = {"state_machine": checked.machine} if checked.machine else {}
        yield json.dumps({"file": str(checked.file), **name, **asdict(finding)})


def as_github(checked: Checked) -> Iterator[str]:
    for finding in checked.findings:
        properties = {"file": checked.file.as_posix(), "line": finding.line, "title": finding.code}
        given = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
        said = _said(checked, finding)
        yield f"::{_COMMANDS[finding.severity]} {given}::{_escaped(said)}"


def as_sarif(every: Sequence[Checked]) -> str:
    """One run over all files; its rules are those that were broken."""
    broken = sorted({finding.code for checked in every for finding in checked.findings})
    rules: list[Json] = [
        {
            "id": rule,
            "shortDescription": {"text": RULES[rule].text},
            "helpUri": f"{_HELP}#{rule}",
            "defaultConfiguration": {"level": _LEVELS[RULES[rule].severity]},
        }
        for rule in broken
    ]
    results = [_result(checked, found) for checked in every for found in checked.findings]
    driver = {"name": "handrail", "informationUri": _HELP, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(checked: Checked, finding: Finding) -> Mapping[str, Json]:
    physical: dict[str, Json] = {"artifactLocation": {"uri": _uri(checked.file)}}
    if finding.line:
        physical["region"] = {"startLine": finding.line}
    location: dict[str, Json] = {"physicalLocation": physical}
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path}]
    return {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": _said(checked, finding)},
        "locations": [location],
    }


def _said(checked: Checked, finding: Finding) -> str:
    return ": ".join(filter(None, (checked.machine, finding.state, finding.message)))


def _uri(file: Path) -> str:
    """Relative where the file was given so: CI's files are those of the checkout."""
    return file.as_uri() if file.is_absolute() else quote(file.as_posix())


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    return _escaped(str(value)).replace(":", "%3A").replace(",", "%2C")
