"""Judges definitions as AWS does when a state machine is created, or is to be validated only; and
tells those apart that AWS takes and moto's grammar doesn't."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import lint
from handrail.core.definition.lint.findings import Finding, Severity
from handrail.core.definition.lint.positions import location
from handrail.core.definition.lint.rules import RULES
from handrail.core.errors import ServiceError
from handrail.core.limits import MAX_DEFINITION
from handrail.core.models import MachineType
from handrail.engine.errors import AwsError

from . import request_rules
from .account import AccountRegion, Output, Request

NOT_SUPPORTED = "NOT_SUPPORTED_BY_THE_EMBEDDED_ENGINE"
_SCHEMA, _NO_JSON = "SCHEMA_VALIDATION_FAILED", "INVALID_JSON_DESCRIPTION"
_MOST_RESULTS = 100
_QUOTED_SOURCE = 500
_WORD = re.compile(r"[^\W\d]\w*")
_ALTERNATIVES = re.compile(r" expecting (\{[^{}]*\}|'(?:[^']|'')*')")
_ABOUT_THE_OBJECT = {
    "unknown-field", "foreign-field", "exclusive-fields", "unexpected-error-handling",
}  # fmt: skip
"""AWS locates these at the object that holds the field."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One of ValidateStateMachineDefinition's, in AWS's words where they are known."""

    code: str
    message: str
    location: str | None = None
    severity: str = "ERROR"

    def document(self) -> Output:
        shown = {"severity": self.severity, "code": self.code, "message": self.message}
        return {**shown, "location": self.location} if self.location else shown

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location or 'null'}"


def check_definition(definition: str, type: str) -> None:
    """Raises InvalidDefinition for what AWS refuses, and for what moto's grammar can't read."""
    refused = [each for each in diagnostics(definition, type) if each.severity == "ERROR"]
    if not refused:
        refused = [*_beyond_the_engine(definition)]
    if refused:
        problems = ", ".join(map(str, refused))
        raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{problems}'")


def validate_state_machine_definition(_: AccountRegion, request: Request) -> Output:
    """Creates nothing. The engine's own limits are among the warnings."""
    definition = request_rules.required(request, "definition", most=MAX_DEFINITION)
    type = request_rules.one_of(request, "type", ("STANDARD", "EXPRESS"))
    least = request_rules.one_of(request, "severity", ("ERROR", "WARNING"))
    most = request_rules.number(request, "maxResults", least=0, most=_MOST_RESULTS)
    found = [*diagnostics(definition, type)]
    failed = any(each.severity == "ERROR" for each in found)
    if not failed and least == "WARNING":
        found += _beyond_the_engine(definition, severity="WARNING")
    shown = [each.document() for each in found if least == "WARNING" or each.severity == "ERROR"]
    most = most or _MOST_RESULTS
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": shown[:most],
        "truncated": len(shown) > most,
    }


def diagnostics(definition: str, type: str) -> Iterator[Diagnostic]:
    """Errors first, then warnings."""
    try:
        parsed = json.loads(definition)
        json.dumps(parsed, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        yield _no_json(definition, error)
        return
    except (
        UnicodeEncodeError
    ):  # half a surrogate pair is JSON, but no text: no answer could hold it
        yield Diagnostic(_NO_JSON, "Half of a surrogate pair stands alone")
        return
    except RecursionError:
        yield Diagnostic("TOO_DEEPLY_NESTED", "It is nested too deeply")
        return
    if not isinstance(parsed, dict):
        yield Diagnostic(_SCHEMA, "Definition must be a valid JSON object")
        return
    if missing := [field for field in ("States", "StartAt") if field not in parsed]:
        message = f"These fields are required: [{', '.join(missing)}]"
        yield Diagnostic(_SCHEMA, message, "/")
        return
    try:
        read = Definition.parse(definition)
    except ServiceError as error:
        yield Diagnostic(_SCHEMA, error.detail.rstrip("."))
        return
    for finding in lint(read, MachineType(type)):
        if finding.severity is not Severity.INFO:
            yield _diagnostic(read, finding)


def _diagnostic(read: Definition, finding: Finding) -> Diagnostic:
    code = RULES[finding.code].aws or finding.code.upper().replace("-", "_")
    where = location(read.raw, finding.path) if finding.path else None
    if finding.code == "missing-start":
        where = where or "/"
    if where and finding.code in _ABOUT_THE_OBJECT:
        where = where.rpartition("/")[0] or "/"
    severity = "ERROR" if finding.severity is Severity.ERROR else "WARNING"
    return Diagnostic(code, finding.message, where, severity)


def _no_json(text: str, error: json.JSONDecodeError) -> Diagnostic:
    """As Jackson says it, which reads a word to its end before it complains."""
    word = _WORD.match(text, error.pos)
    column = error.colno + (len(word[0]) if word else 0)
    quoted = f'"{text[:_QUOTED_SOURCE]}"'
    if (more := len(text) - _QUOTED_SOURCE) > 0:
        quoted += f"[truncated {more} chars]"
    where = f"[Source: (String){quoted}; line: {error.lineno}, column: {column}]"
    awaited = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'"
    said = f"Unrecognized token '{word[0]}': was expecting ({awaited})" if word else error.msg
    return Diagnostic(_NO_JSON, f"{said}\n at {where}", where)


def _beyond_the_engine(text: str, severity: str = "ERROR") -> Iterator[Diagnostic]:
    """What moto's grammar can't read, at the innermost state that it can't read by itself."""
    problem = _unreadable(text)
    if problem is None:
        return
    definition = Definition.parse(text)
    blamed: str | None = None
    unread: dict[str | None, str] = {}  # by the state around it, the first one
    for state in definition.all_states:
        language, alone = state.query_language.value, {state.name: state.raw}
        whole = {"QueryLanguage": language, "StartAt": state.name, "States": alone}
        if _unreadable(json.dumps(whole, ensure_ascii=False)):
            unread.setdefault(state.scope.parent, state.name)
    while blamed in unread:
        blamed = unread[blamed]
    where = f"/States/{blamed}" if blamed else None
    yield Diagnostic(NOT_SUPPORTED, problem, where, severity)


def _unreadable(text: str) -> str | None:
    try:
        AmazonStateLanguageParser.parse(text)
    except Exception as error:  # the grammar's own, and whatever its components raise
        problem: Any = getattr(error, "errors", [str(error)])[0]
        return " ".join(_ALTERNATIVES.sub("", problem).split()) or type(error).__name__
    return None
