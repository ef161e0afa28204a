"""Handlers are loaded from the folders of state machines."""

import json
from pathlib import Path
from typing import Any

import pytest

from handrail.engine.errors import EngineError
from handrail.engine.handlers import loaded_folders
from handrail.engine.seeds import Seeds
from handrail.usecases.machine_folder import FolderProblem
from handrail.usecases.machine_sources import load

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


def test_one_handler_may_answer_for_several_state_machines(tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text(HANDLERS)
    for name in ("one", "two"):
        folder(tmp_path, name, handlers={"log": "../shared.py:plain"})
    with loaded_folders(tmp_path, {}) as loaded:
        assert list(loaded.handlers) == ["log"]


def test_what_is_saved_is_imported_anew_and_the_rest_is_left_alone(tmp_path: Path) -> None:
    for name in ("one", "two"):
        code = "CALLS = []\ndef f(event):\n    CALLS.append(event)\n    return len(CALLS)\n"
        folder(tmp_path, name, handlers={f"f-{name}": "handlers.py:f"}, code=code)
    with loaded_folders(tmp_path, {}) as loaded:
        handlers = loaded.handlers
        assert (handlers["f-one"](1), handlers["f-two"](1)) == (1, 1)
        loaded.load(load(tmp_path), None, touched=lambda home: home.name == "two")
        assert (handlers["f-one"](1), handlers["f-two"](1)) == (2, 1)


def test_what_is_broken_by_saving_stays_as_it_was(tmp_path: Path) -> None:
    folder(tmp_path, handlers={"log": "handlers.py:plain"})
    problems: list[FolderProblem] = []
    with loaded_folders(tmp_path, {}) as loaded:
        (tmp_path / "one" / "handlers.py").write_text("def plain(:")
        loaded.load(load(tmp_path), problems.append)
        assert loaded.handlers["log"](1) == 1
        assert [each.path.name for each in loaded.folders] == ["one"]
        (tmp_path / "one" / "handlers.py").write_text("def plain(event): return 2")
        loaded.load(load(tmp_path), problems.append)
        assert loaded.handlers["log"](1) == 2
        loaded.load([], problems.append)
        assert (loaded.handlers, loaded.folders) == ({}, ())
    assert ["SyntaxError" in problem.reason for problem in problems] == [True]


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_setup_is_called_once(tmp_path: Path, kind: str) -> None:
    code = f"CALLS = []\n{kind} seed(): CALLS.append(1)\ndef count(event): return len(CALLS)\n"
    folder(tmp_path, handlers={"count": "handlers.py:count"}, code=code, setup="handlers.py:seed")
    with loaded_folders(tmp_path, {}) as loaded:
        assert loaded.handlers["count"]({}) == 0
        for _ in range(2):
            loaded.set_up(None)
        assert loaded.handlers["count"]({}) == 1


def test_a_machine_whose_setup_fails_is_left_out_with_the_traceback_told(tmp_path: Path) -> None:
    code = "def seed():\n    raise LookupError('no table')\n"
    folder(tmp_path, handlers={}, code=code, setup="handlers.py:seed")
    folder(tmp_path, "two", handlers={})
    problems: list[FolderProblem] = []
    told: list[str] = []
    with loaded_folders(tmp_path, {}, report=told.append) as loaded:
        loaded.set_up(problems.append)
        assert [each.path.name for each in loaded.folders] == ["two"]
    assert [str(each).partition(": ")[2] for each in problems] == [
        "handlers.py:seed failed: LookupError: no table"
    ]
    assert 'handlers.py", line 2, in seed' in told[0]


def test_a_machine_that_cannot_be_seeded_is_left_out(tmp_path: Path) -> None:
    def seed(seeds: Seeds) -> None:
        if seeds.buckets:
            raise EngineError("b can't be created: no.")

    folder(tmp_path, handlers={"f": "handlers.py:plain"}, buckets=["b"])
    folder(tmp_path, "two", handlers={})
    problems: list[FolderProblem] = []
    with loaded_folders(tmp_path, {}) as loaded:
        loaded.serve_with(seed, problems.append)
        assert [each.path.name for each in loaded.folders] == ["two"]
        assert loaded.handlers == {}
        with pytest.raises(EngineError, match="b can't be created"):
            loaded.load(load(tmp_path), None)
    assert [problem.reason for problem in problems] == ["b can't be created: no."]


def folder(
    root: Path,
    name: str = "one",
    *,
    handlers: dict[str, str],
    code: str = HANDLERS,
    **others: Any,
) -> None:
    path = root / name
    path.mkdir()
    (path / "definition.asl.json").write_text("{}")
    (path / "machine.json").write_text(json.dumps({"name": name, "handlers": handlers, **others}))
    (path / "handlers.py").write_text(code)
