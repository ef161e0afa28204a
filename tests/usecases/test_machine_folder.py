"""What is said of state machines' files."""

from pathlib import Path

import pytest

from handrail.core.definition.machine_file import MachineFile
from handrail.core.errors import InvalidDefinition
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, text_of


def test_a_problem_is_a_document_and_a_line(tmp_path: Path) -> None:
    problem = FolderProblem(tmp_path / "orders", "Nothing of the kind.", "orders-dev", "Pay")
    assert problem.document() == {
        "folder": "orders",
        "name": "orders-dev",
        "state": "Pay",
        "reason": "Nothing of the kind.",
    }
    assert str(problem) == f"{tmp_path}/orders: Pay: Nothing of the kind."


def test_the_names_of_files_start_from_the_folder_or_the_file_s(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    for path in (tmp_path, file):
        assert MachineFolder(path, "{}", MachineFile(name="x")).home == tmp_path


def test_text_that_is_not_utf8_or_missing_is_named(tmp_path: Path) -> None:
    (file := tmp_path / "definition.asl.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidDefinition, match=r"definition\.asl\.json: is not UTF-8"):
        text_of(file)
    with pytest.raises(InvalidDefinition, match=r"x\.json: is missing"):
        text_of(tmp_path / "x.json")
    with pytest.raises(InvalidDefinition, match=r"can't be read: Is a directory"):
        text_of(tmp_path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (file := tmp_path / "definition.asl.json").write_text('\ufeff{"StartAt": "A"}')
    assert text_of(file) == '{"StartAt": "A"}'
