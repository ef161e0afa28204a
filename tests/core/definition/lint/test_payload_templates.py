"""What a field is evaluated to is looked at: paths, templates, expressions, and variables."""

import pytest

from handrail.core.definition.lint.findings import Severity
from handrail.core.definition.lint.payload_templates import evaluated
from handrail.core.models import Json
from tests.core.definition.lint.linted import ALL, DONE, found
from tests.core.definitions import machine, task

PASS: dict[str, Json] = {"Type": "Pass", "End": True}
JSONATA: dict[str, Json] = {"QueryLanguage": "JSONata"}


@pytest.mark.parametrize(
    ("rule", "fields", "path"),
    [
        ("malformed-path", {"InputPath": "a"}, "InputPath"),
        ("malformed-path", {"OutputPath": "States.UUID()"}, "OutputPath"),
        ("wrong-type", {"InputPath": 5}, "InputPath"),
        ("malformed-reference-path", {"ResultPath": "$.a[*]"}, "ResultPath"),
        ("malformed-reference-path", {"ResultPath": "$order"}, "ResultPath"),
        ("malformed-path", {"ResultPath": ".a"}, "ResultPath"),
        ("malformed-template", {"Parameters": {"a": {"b.$": "c"}}}, "Parameters.a.b.$"),
        ("malformed-template", {"Parameters": {"a.$": 23}}, "Parameters.a.$"),
        ("malformed-template", {"Parameters": [{"a.$": " States.UUID()"}]}, "Parameters[0].a.$"),
        ("malformed-template", {"Assign": {"a.$": "Test"}}, "Assign.a.$"),
        ("intrinsic-arguments", {"Parameters": {"a.$": "States.UUID(1)"}}, "Parameters.a.$"),
        ("duplicate-template-key", {"Parameters": {"a.$": "$.b", "a": 1}}, "Parameters.a.$"),
        ("reserved-variable", {"Assign": {"states": 1}}, "Assign.states"),
        ("malformed-jsonata", JSONATA | {"Output": {"a": ["{% 1 + %}"]}}, "Output.a[0]"),
        ("malformed-jsonata", JSONATA | {"Assign": {"a": {"b": "{% 420. %}"}}}, "Assign.a.b"),
        ("half-jsonata", JSONATA | {"Output": "{% $sum($x) %"}, "Output"),
        ("half-jsonata", JSONATA | {"Output": " {% $x %}"}, "Output"),
        ("unsupported-jsonata", JSONATA | {"Output": "{% $states.inptu %}"}, "Output"),
    ],
)
def test_what_aws_refuses_is_an_error_at_its_place(
    rule: str, fields: dict[str, Json], path: str
) -> None:
    finding = found({"A": PASS | fields})[rule]

    assert (finding.severity, finding.path) == (Severity.ERROR, f"States.A.{path}")


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("format-arguments", {"Parameters": {"a.$": "States.Format('{}')"}}),
        ("doubtful-variable-name", {"Assign": {"top-level": 1}}),
        ("unsupported-function", JSONATA | {"Output": "{% $eval('1') %}"}),
        ("jsonata-in-jsonpath", {"Parameters": {"x": "{% $states.input %}"}}),
    ],
)
def test_what_aws_takes_and_is_doubtful_is_a_warning(rule: str, fields: dict[str, Json]) -> None:
    assert found({"A": PASS | fields})[rule].severity is Severity.WARNING


def test_maps_numbers_come_by_reference_paths_alone() -> None:
    config: dict[str, Json] = {"MaxItemsPath": "$$.Execution.Input.n"}
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config}
    body = {"StartAt": "B", "States": {"B": DONE}}
    each = {"Type": "Map", "ItemProcessor": body, "ItemReader": reader, "End": True}

    finding = found({"A": each})["malformed-reference-path"]

    assert finding.message == "Value is not a Reference Path: $$.Execution.Input.n."


def test_only_a_catch_has_the_error_output() -> None:
    catch = {"ErrorEquals": ALL, "Output": "{% $states.errorOutput %}", "Next": "B"}
    careful = task(QueryLanguage="JSONata", Arguments={}, Catch=[catch])
    careful.pop("Parameters", None)

    assert "unsupported-jsonata" not in found({"A": careful, "B": DONE})
    wrong = {**PASS, **JSONATA, "Output": "{% $states.errorOutput %}"}
    assert "unsupported-jsonata" in found({"A": wrong})


def test_what_aws_takes_as_text_is_not_parsed() -> None:
    text = "{% no expression"
    state = PASS | JSONATA | {"Comment": text}

    assert found({"A": state}) == {}


def test_keys_of_payloads_are_no_fields() -> None:
    """A payload's Comment or Next is evaluated as any other key."""
    state = PASS | JSONATA | {"Output": {"Next": "{% 1 + %}", "Comment": "{% 2 + %}"}}
    findings = evaluated(machine({"A": state}).states["A"]).findings

    assert [each.code for each in findings] == ["malformed-jsonata"] * 2


def test_the_variables_read_are_known_with_their_places() -> None:
    state = PASS | {"Parameters": {"a.$": "$one.x", "b.$": "States.Array($two, $.x)"}}

    reads = evaluated(machine({"A": state}).states["A"]).reads

    assert reads == {"one": ("Parameters", "a.$"), "two": ("Parameters", "b.$")}
