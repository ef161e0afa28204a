"""`handrail worker`: what it loads, and what it says when it can't."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handrail.cli import main
from handrail.cli.group import Failed
from handrail.cli.worker_command import checked, loaded, own_name

GOOD = """
from handrail.worker import Worker
import neighbour
worker = Worker()
worker.activity("review")(lambda input: neighbour.x)
other = 12
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "good_worker.py").write_text(GOOD)
    (tmp_path / "neighbour.py").write_text("x = 1")
    (tmp_path / "bad_worker.py").write_text("raise RuntimeError('two\\nlines')")
    (tmp_path / "exits.py").write_text("import sys; sys.exit('no')")
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def worker(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["worker", *arguments])


@pytest.mark.parametrize("module", ["good_worker", "good_worker.py", "./good_worker.py"])
def test_a_module_or_a_file_is_loaded_with_its_neighbours(folder: Path, module: str) -> None:
    assert list(loaded(f"{module}:worker").registrations("dev")) == ["review"]


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("good_worker", "give MODULE:OBJECT"),
        ("good_worker:", "give MODULE:OBJECT"),
        (":worker", "give MODULE:OBJECT"),
        ("good_worker:missing", "missing is no such object"),
        ("good_worker:other", "other is a int, no Worker"),
        ("nowhere:worker", "nowhere can't be imported: ModuleNotFoundError"),
        ("nowhere.py:worker", "there is no such file"),
        ("bad_worker:worker", "RuntimeError: two lines"),
        ("bad_worker.py:worker", "RuntimeError: two lines"),
        ("exits.py:worker", "exits.py can't be imported: SystemExit: no"),
    ],
)
def test_what_cannot_be_loaded_is_one_line_and_exit_2(
    folder: Path, target: str, problem: str
) -> None:
    result = worker(target)
    assert (result.exit_code, result.stdout) == (2, "")
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [("--concurrency", "0"), ("--pollers", "0"), ("--heartbeat", "0"), ("--grace", "-1"),
     ("--name", "a b"), ("--name", "x" * 81)],
)  # fmt: skip
def test_a_limit_that_is_none_is_a_usage_error(folder: Path, options: tuple[str, str]) -> None:
    assert worker("good_worker:worker", *options).exit_code == 2


def test_a_worker_without_an_activity_is_told(folder: Path) -> None:
    (folder / "idle.py").write_text("from handrail.worker import Worker\nworker = Worker()\n")
    result = worker("idle.py:worker")
    assert result.exit_code == 2
    assert "serves no activity" in result.stderr


def test_its_own_name_is_one_that_aws_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "höst " * 40)
    name = own_name()
    assert checked(name) == name
    assert name.endswith(f"-{os.getpid()}")


def test_a_name_beyond_aws_s_length_is_refused() -> None:
    with pytest.raises(Failed, match="1 to 80"):
        checked("x" * 81)
