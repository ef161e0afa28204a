"""Names of state machines that nothing describes."""

from pathlib import Path

import pytest

from handrail.core.errors import InvalidDefinition
from handrail.usecases.machine_sources.described_folder import load_bare, load_folder, name_from


@pytest.mark.parametrize(
    ("text", "name"),
    [("a b", "a-b"), ("ä", "state-machine"), ("x" * 99, "x" * 80), ("-a_b-", "a_b")],
)
def test_a_name_is_made_of_what_aws_and_logs_take(text: str, name: str) -> None:
    assert name_from(text) == name


@pytest.mark.parametrize(
    "name", ["order.asl.json", "order.json", "order.asl.yaml", "order.sfn.json"]
)
def test_a_file_s_endings_are_no_part_of_the_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    assert load_bare(tmp_path / name).file.name == "order"


def test_a_file_beside_a_bare_definition_describes_it(tmp_path: Path) -> None:
    (file := tmp_path / "orders.asl.json").write_text('{"StartAt": "${First}"}')
    (tmp_path / "orders.machine.yaml").write_text("type: express\nsubstitutions: {First: A}")
    assert load_bare(file).described_in == "orders.machine.json"
    found = load_bare(file).file
    assert (found.name, found.type, found.substitutions) == ("orders", "EXPRESS", {"First": "A"})
    (tmp_path / "orders.machine.yaml").write_text("name: other\ntpye: express")
    with pytest.raises(InvalidDefinition, match=r"orders\.machine\.yaml: tpye: Extra inputs"):
        load_bare(file)
    (tmp_path / "orders.machine.yaml").write_text("[]")
    with pytest.raises(InvalidDefinition, match=r"orders\.machine\.yaml: is no object"):
        load_bare(file)


def test_names_without_a_value_get_one_where_nothing_describes_the_definition(
    tmp_path: Path,
) -> None:
    (file := tmp_path / "orders.asl.json").write_text('{"StartAt": "${First}", "Comment": "${B}"}')
    (tmp_path / "orders.machine.json").write_text('{"substitutions": {"First": "A"}}')
    assert load_bare(file).file.substitutions == {"First": "A", "B": "B"}
    said = str(load_bare(file).what_is_made_up)
    assert "${B}" in said
    assert 'orders.machine.json: "substitutions": {"B": …}' in said
    (tmp_path / "definition.asl.json").write_text('["${First}"]')
    assert load_folder(tmp_path).made_up == ("First",)
    (tmp_path / "machine.json").write_text('{"name": "orders"}')
    assert load_folder(tmp_path).made_up == ()


def test_a_mistake_in_a_yaml_description_is_said_as_in_json(tmp_path: Path) -> None:
    (tmp_path / "definition.asl.yaml").write_text("{}")
    (tmp_path / "machine.yaml").write_text("name: x\ntpye: EXPRESS")
    with pytest.raises(InvalidDefinition, match=r"machine\.yaml: tpye: Extra inputs"):
        load_folder(tmp_path)
    (tmp_path / "machine.yaml").write_text("name: x: y")
    with pytest.raises(InvalidDefinition, match=r"machine\.yaml:1:8: is not YAML"):
        load_folder(tmp_path)
