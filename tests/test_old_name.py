"""The package's old name, and programs that have a package of that name themselves."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKER = """
from {package}.worker import Worker

worker = Worker()
"""


def run(code: str, *, cwd: Path, path: tuple[Path, ...] = (ROOT,)) -> str:
    """What a fresh interpreter prints."""
    where = ":".join(map(str, path))
    command = [sys.executable, "-W", "always::DeprecationWarning", "-c", code]
    done = subprocess.run(  # noqa: S603
        command,
        cwd=cwd,
        env={"PYTHONPATH": where},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program whose own package is called `service`, with modules of names that we have too."""
    package = tmp_path / "service"
    package.mkdir()
    (package / "__init__.py").write_text("OWN = True\n")
    (package / "settings.py").write_text("PRICE = 7\n")
    (package / "core.py").write_text("")
    text = WORKER.format(package="handrail") + "from service.settings import PRICE\n"
    (package / "handlers.py").write_text(text)
    return tmp_path


def test_a_program_s_own_package_is_found_beside_ours(program: Path) -> None:
    code = (
        "from handrail.old_name import stand_in; stand_in()\n"
        "from handrail.cli.worker_command import loaded\n"
        "print(type(loaded('service.handlers:worker')).__module__)\n"
        "import service, service.core, handrail.core; print(service.OWN, service.core.__file__)\n"
    )
    told = run(code, cwd=program, path=(program, ROOT)).splitlines()
    assert told == [
        "handrail.worker.activity_handlers",
        f"True {program / 'service' / 'core.py'}",
    ]


def test_where_there_is_no_other_the_old_name_still_works_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "orders.py").write_text(WORKER.format(package="service"))
    (tmp_path / "handrail").symlink_to(ROOT / "service")
    code = (
        "from handrail.old_name import stand_in; stand_in()\n"
        "from handrail.cli.worker_command import loaded\n"
        "print(type(loaded('orders:worker')).__module__)\n"
        "import service.core.models, handrail.core.models\n"
        "print(service.core.models is handrail.core.models, handrail.core.models.__spec__.name)\n"
    )
    told = run(code, cwd=tmp_path, path=(tmp_path,))
    assert "is called `handrail` now" in told
    assert told.splitlines()[-2:] == [
        "handrail.worker.activity_handlers",
        "True handrail.core.models",
    ]


@pytest.mark.parametrize("name", ["service", "handrail"])
def test_by_the_folder_s_name_it_is_the_same_package(name: str) -> None:
    code = f"import {name}, handrail; print({name} is handrail, callable({name}.asgi))"
    assert run(code, cwd=ROOT).splitlines()[-1] == "True True"


@pytest.mark.parametrize("name", ["service", "handrail"])
def test_it_runs_by_either_name(name: str) -> None:
    command = [sys.executable, "-m", name, "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stdout.startswith("handrail, version"), done.stderr
