from pathlib import Path

import pytest

from service.core.errors import InvalidDefinition
from service.core.models import MachineType
from service.usecases.machine_folder import load


def write(root: Path, name: str, *, machine: str | None, definition: str | None = "{}") -> None:
    (root / name).mkdir()
    if machine is not None:
        (root / name / "machine.json").write_text(machine)
    if definition is not None:
        (root / name / "definition.asl.json").write_text(definition)


def test_every_folder_is_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, "b", machine='{"name": "second", "type": "EXPRESS"}')
    write(tmp_path, "a", machine='{"name": "first"}', definition='{"StartAt": "${X}"}')
    first, second = load(tmp_path)
    assert (first.file.name, first.template) == ("first", '{"StartAt": "${X}"}')
    assert (second.path, second.file.type) == (tmp_path / "b", MachineType.EXPRESS)


def test_without_a_folder_there_are_no_state_machines(tmp_path: Path) -> None:
    assert load(tmp_path / "absent") == ()


def test_other_files_and_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "README.md").write_text("about")
    write(tmp_path, "a", machine='{"name": "first"}')
    assert [folder.path.name for folder in load(tmp_path)] == ["a"]


@pytest.mark.parametrize(
    ("machine", "definition", "problem"),
    [
        ('{"name": "x",\n  "type" "EXPRESS"}', "{}", r"m/machine\.json:2:10: is not JSON"),
        ('{"name": "x", "tpye": "EXPRESS"}', "{}", r"m/machine\.json: tpye: Extra inputs"),
        ('{"name": "x", "type": "FAST"}', "{}", r"m/machine\.json: type: .*STANDARD"),
        (None, "{}", r"m/machine\.json: is missing"),
        ('{"name": "x"}', None, r"m/definition\.asl\.json: is missing"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_its_place(
    tmp_path: Path, machine: str | None, definition: str | None, problem: str
) -> None:
    write(tmp_path, "m", machine=machine, definition=definition)
    with pytest.raises(InvalidDefinition, match=problem) as caught:
        load(tmp_path)
    assert "\n" not in caught.value.detail


def test_a_file_is_no_folder_of_state_machines(tmp_path: Path) -> None:
    file = tmp_path / "state_machines"
    file.write_text("")
    with pytest.raises(InvalidDefinition, match="is not a folder"):
        load(file)


def test_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    write(tmp_path, "m", machine='{"name": "x"}')
    (tmp_path / "m" / "definition.asl.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidDefinition, match=r"definition\.asl\.json: is not UTF-8"):
        load(tmp_path)
