"""JSON and YAML files, and definitions as JSON."""

import json
from pathlib import Path

import pytest

from handrail.core.errors import InvalidDefinition
from handrail.usecases.machine_sources.definition_files import definition_text, document


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.json", '{"a" 1}', "a.json:1:6: is not JSON: Expecting ':' delimiter."),
        ("a.json", "[" * 100_000, "a.json: is nested too deeply."),
        ("a.yaml", "a: [", "a.yaml:2:1: is not YAML"),
    ],
)
def test_a_mistake_is_said_with_its_place(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    (file := tmp_path / name).write_text(text)
    with pytest.raises(InvalidDefinition) as caught:
        document(file)
    assert caught.value.detail.startswith(f"{tmp_path}/{problem}")


def test_a_json_definition_stays_as_it_is_and_a_yaml_one_becomes_json(tmp_path: Path) -> None:
    (tmp_path / "a.asl.json").write_text('{"T": ${T}}')
    (tmp_path / "a.asl.yaml").write_text("T: ${T}\nN: 1.50\nE: ä")
    assert definition_text(tmp_path / "a.asl.json") == '{"T": ${T}}'
    assert json.loads(definition_text(tmp_path / "a.asl.yaml")) == {"T": "${T}", "N": 1.5, "E": "ä"}


def test_cloudformation_s_functions_stand_in_templates_alone(tmp_path: Path) -> None:
    (file := tmp_path / "a.asl.yaml").write_text("States: [{A: {Resource: !GetAtt Fn.Arn}}]")
    with pytest.raises(InvalidDefinition, match=r"Fn::GetAtt is for templates"):
        definition_text(file)


def test_a_definition_that_is_no_json_is_told_by_its_line(tmp_path: Path) -> None:
    (file := tmp_path / "orders.asl.json").write_text('{"Comment": "arn:${PARTITION}",\n"A" 1}')
    with pytest.raises(InvalidDefinition, match=r"orders\.asl\.json:2:5: is not JSON"):
        definition_text(file)
    file.write_text('{"TimeoutSeconds": ${Limit}}')
    assert definition_text(file) == '{"TimeoutSeconds": ${Limit}}'
