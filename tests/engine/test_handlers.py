"""Handlers are loaded from the folders of state machines."""

import json
from pathlib import Path

import pytest

from handrail.engine.errors import EngineError
from handrail.engine.handlers import loaded_folders
from handrail.usecases.machine_folder import FolderProblem

HANDLERS = """
async def charge(event, context):
    return event
def plain(event):
    return event
"""


def test_a_function_s_name_is_filled_in(tmp_path: Path) -> None:
    folder(tmp_path, handlers={"log-${ENVIRONMENT}": "handlers.py:plain"})
    with loaded_folders(tmp_path, {"ENVIRONMENT": "test"}) as loaded:
        assert list(loaded.handlers) == ["log-test"]
    loading = loaded_folders(tmp_path, {})
    with pytest.raises(EngineError, match="can't be named"), loading:
        pass


def test_handlers_are_found_by_their_functions_names(tmp_path: Path) -> None:
    folder(tmp_path, handlers={"charge-card": "handlers.py:charge", "log": "handlers.py:plain"})
    with loaded_folders(tmp_path, {}) as loaded:
        assert loaded.handlers["log"]({"a": 1}) == {"a": 1}
        assert sorted(loaded.handlers) == ["charge-card", "log"]


@pytest.mark.parametrize(
    ("code", "target", "problem"),
    [
        (
            "import nowhere_to_be_found",
            "handlers.py:charge",
            r"handlers.py: can't be imported: "
            r"ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        ),
        ("def charge(:", "handlers.py:charge", r"can't be imported: SyntaxError"),
        (HANDLERS, "handlers.py:missing", r"there is no function missing"),
        (HANDLERS, "other.py:charge", r"names no file here"),
    ],
)
def test_handlers_that_cannot_be_loaded_are_named(
    tmp_path: Path, code: str, target: str, problem: str
) -> None:
    folder(tmp_path, code=code, handlers={"charge": target})
    with pytest.raises(EngineError, match=problem) as caught, loaded_folders(tmp_path, {}):
        pass
    assert "\n" not in str(caught.value)


def test_one_function_name_cannot_mean_two_handlers(tmp_path: Path) -> None:
    folder(tmp_path, "one", handlers={"charge": "handlers.py:charge"})
    folder(tmp_path, "two", handlers={"charge": "handlers.py:charge"})
    loading = loaded_folders(tmp_path, {})
    with pytest.raises(EngineError, match="to another handler"), loading:
        pass


def test_of_two_folders_with_one_name_none_is_served_whatever_their_handlers(
    tmp_path: Path,
) -> None:
    for copy in ("one", "two"):
        folder(tmp_path, copy, handlers={"charge": "handlers.py:charge"})
        file = tmp_path / copy / "machine.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "name": "x-${ENVIRONMENT}"}))
    folder(tmp_path, "three", handlers={})
    problems: list[FolderProblem] = []
    with loaded_folders(tmp_path, {"ENVIRONMENT": "dev"}, problems.append) as loaded:
        assert [each.path.name for each in loaded.folders] == ["three"]
    assert [problem.folder.name for problem in problems] == ["one", "two"]
    assert {problem.reason for problem in problems} == {
        "More than one folder describes the state machine x-dev."
    }


def folder(
    root: Path, name: str = "one", *, handlers: dict[str, str], code: str = HANDLERS
) -> None:
    path = root / name
    path.mkdir()
    (path / "definition.asl.json").write_text("{}")
    (path / "machine.json").write_text(json.dumps({"name": name, "handlers": handlers}))
    (path / "handlers.py").write_text(code)
