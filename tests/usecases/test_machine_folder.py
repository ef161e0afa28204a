from pathlib import Path

import pytest

from handrail.core.errors import InvalidDefinition
from handrail.core.models import MachineType
from handrail.usecases.machine_folder import FolderProblem, load, load_what_can_be


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


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    write(tmp_path, "m", machine='\ufeff{"name": "x"}', definition='\ufeff{"StartAt": "A"}')
    assert load(tmp_path)[0].template == '{"StartAt": "A"}'


def test_what_cannot_be_read_is_told_and_the_rest_is_there(tmp_path: Path) -> None:
    write(tmp_path, "good", machine='{"name": "x"}')
    write(tmp_path, "odd näme", machine='{"name": "odd"}')
    write(tmp_path, "colon", machine='{"name" "x"}')
    write(tmp_path, "empty", machine=None, definition=None)
    write(tmp_path, "yaml", machine='{"name": "x"}', definition=None)
    (tmp_path / "yaml" / "definition.asl.yaml").write_text("StartAt: A")
    write(tmp_path, "code", machine=None, definition=None)
    (tmp_path / "code" / "shared.py").write_text("")
    (tmp_path / "_held").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    problems: list[FolderProblem] = []
    loaded = load_what_can_be(tmp_path, problems.append)
    assert [folder.path.name for folder in loaded] == ["good", "odd näme"]
    assert {problem.folder.name: problem.reason for problem in problems} == {
        "colon": "machine.json:1:9: is not JSON: Expecting ':' delimiter.",
        "empty": "definition.asl.json: is missing.",
        "yaml": "definition.asl.json: is missing; definition.asl.yaml isn't read.",
    }


def test_a_problem_is_a_document_and_a_line(tmp_path: Path) -> None:
    problem = FolderProblem(tmp_path / "orders", "Nothing of the kind.", "orders-dev", "Pay")
    assert problem.document() == {
        "folder": "orders",
        "name": "orders-dev",
        "state": "Pay",
        "reason": "Nothing of the kind.",
    }
    assert str(problem) == f"{tmp_path}/orders: Pay: Nothing of the kind."
