"""What a file is, told by what it holds."""

import json
from pathlib import Path

import pytest

from handrail.usecases.machine_sources.kinds import FileKind, kind_of

PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
MACHINE = "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.asl.json", "{", FileKind.DEFINITION),
        ("a.asl.yml", "", FileKind.DEFINITION),
        ("a.json", PASS, FileKind.DEFINITION),
        ("a.json", '{"StartAt": "A", "States": {}, "TimeoutSeconds": ${T}}', FileKind.DEFINITION),
        ("a.yaml", PASS, FileKind.DEFINITION),
        ("a.json", json.dumps({"definition": PASS}), None),
        ("a.json", json.dumps([PASS]), None),
        ("template.yaml", MACHINE, FileKind.TEMPLATE),
        (
            "Shop.template.json",
            '{"Resources": {"Type": "AWS::StepFunctions::StateMachine"}}',
            FileKind.TEMPLATE,
        ),
        ("rules.json", '{"Resources": ["AWS::StepFunctions::StateMachine"]}', None),
        ("shop.template", MACHINE, FileKind.TEMPLATE),
        ("template.yaml", "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n", None),
        ("serverless.yml", "stepFunctions: {}", FileKind.TEMPLATE),
        ("serverless.yml", "functions: {}", None),
        ("a.txt", PASS, None),
        ("package.json", "{}", None),
    ],
)
def test_a_file_is_known_by_its_text(
    tmp_path: Path, name: str, text: str, kind: FileKind | None
) -> None:
    (file := tmp_path / name).write_text(text)
    assert kind_of(file) is kind


def test_what_cannot_be_read_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff StartAt States")
    assert kind_of(tmp_path / "a.json") is None
    assert kind_of(tmp_path / "gone.json") is None
