"""The folder that Lambda runs."""

import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from deploy import function
from tests.deploy.templates import ROOT, deployed

UNCHECKED_HASH = 0b01
"""https://peps.python.org/pep-0552/"""


def add_dependencies(folder: Path) -> None:
    """As they come from the lock, made small."""
    for service in ("sqs", "ec2"):
        (folder / "botocore" / "data" / service).mkdir(parents=True)
    (folder / "bin").mkdir()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("function")
    add_dependencies(folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(function, "PYTHON", sys.version_info[:2])
        function.main([str(folder)])
    return folder


def test_it_has_the_code_and_the_state_machines(built: Path) -> None:
    assert (built / "handrail" / "lambda_handler.py").is_file()
    assert (built / "handrail" / "web" / "templates").is_dir()
    assert (built / "state_machines" / "price-check" / "machine.json").is_file()


def test_it_has_nothing_that_is_never_read(built: Path) -> None:
    assert [path.name for path in (built / "botocore" / "data").iterdir()] == ["sqs"]
    assert not (built / "bin").exists()


def test_its_bytecode_is_used_whatever_the_time_of_the_file(built: Path) -> None:
    (compiled,) = (built / "handrail" / "__pycache__").glob("lambda_handler.*.pyc")
    header = compiled.read_bytes()[:8]

    assert header[:4] == MAGIC_NUMBER
    assert int.from_bytes(header[4:], "little") == UNCHECKED_HASH


def test_another_python_than_lambdas_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_dependencies(tmp_path)
    monkeypatch.setattr(function, "PYTHON", (2, 7))

    with pytest.raises(SystemExit, match=r"Lambda runs Python 2\.7"):
        function.main([str(tmp_path)])


def test_it_is_built_for_the_python_and_the_processor_it_runs_on() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    version = ".".join(map(str, function.PYTHON))

    for _, each in deployed("serverless").of("Lambda::Function"):
        assert each["Runtime"] == f"python{version}"
        assert each["Architectures"] == ["arm64"]
        assert each["Code"] == "../build/function"
        assert each["Handler"] == "handrail.lambda_handler.handler"
    assert f"--python-version {version} \\\n\t\t--python-platform aarch64" in makefile
    assert f"--python {version} python -m deploy.function" in makefile
