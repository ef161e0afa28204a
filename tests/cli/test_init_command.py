"""`handrail init` makes a state machine that deploys as it is, and writes over nothing."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handrail.cli import main
from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import Severity, lint
from handrail.core.definition.machine_file import rendered
from handrail.core.models import Account
from handrail.engine.handlers import loaded_folders
from handrail.usecases.machine_sources import load


def init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


def test_what_it_makes_is_found_where_dev_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = init()
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-2].split("  ")[1] == "handrail test"
    [folder] = load(Path("state_machines"))
    account = Account("aws", "us-east-1", "123456789012")
    machine = rendered(folder.file, folder.template, account=account, environment="dev")
    findings = lint(Definition.parse(machine.definition_text), machine.type)
    assert machine.name == "hello"
    assert [found for found in findings if found.severity is Severity.ERROR] == []


def test_its_handler_does_what_its_case_expects(tmp_path: Path) -> None:
    assert init(str(tmp_path / "orders")).exit_code == 0
    case = json.loads((tmp_path / "orders" / "cases" / "ada.json").read_text())
    with loaded_folders(tmp_path / "orders", {}) as loaded:
        greet = loaded.handlers["orders-greet"]
        assert greet(case["input"], None) == case["expect"]["output"]
        with pytest.raises(Exception, match="no name"):
            greet({}, None)


def test_it_writes_over_nothing(tmp_path: Path) -> None:
    (tmp_path / "handlers.py").write_text("mine")
    result = init(str(tmp_path))
    assert (result.exit_code, result.stderr.splitlines()) == (
        2,
        [f"Error: {tmp_path} has files already; nothing was written."],
    )
    assert [file.name for file in tmp_path.iterdir()] == ["handlers.py"]


def test_a_folder_that_can_name_no_state_machine_is_refused(tmp_path: Path) -> None:
    result = init(str(tmp_path / "a b"))
    assert result.exit_code == 2
    assert "can't name a state machine" in result.stderr
    assert not (tmp_path / "a b").exists()
    (tmp_path / "file").write_text("")
    assert "can't be written" in init(str(tmp_path / "file" / "orders")).stderr
