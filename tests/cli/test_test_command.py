"""`handrail test` prints what came of each case, and its exit code whether all passed."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from handrail.cli import main
from handrail.engine.engine import Engine
from tests.entrypoints.case_projects import (
    MOCKS,
    PAID,
    on_the_session_s,
    write_case,
    write_machine,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
Run = Callable[..., Result]


@pytest.fixture
def run(engine: Engine) -> Run:
    """The command on the session's engine: one is all that a process may have."""
    opened = {"opened": partial(on_the_session_s, engine)}

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, ["test", *map(str, arguments)], obj=opened)

    return invoke


@pytest.fixture
def charge(tmp_path: Path) -> Path:
    folder = write_machine(tmp_path / "charge")
    write_case(folder, "paid", stand_ins=PAID, expect={"output": {"paid": True}})
    return folder


async def test_cases_that_pass(run: Run, charge: Path) -> None:
    done = run(charge)
    assert done.exit_code == 0
    assert done.stdout.startswith("✓ charge/paid  ")
    assert "1 passed in " in done.stdout


async def test_one_that_fails_tells_its_path(run: Run, charge: Path) -> None:
    write_case(charge, "unpaid", stand_ins=PAID, expect={"output": {"paid": False}})
    done = run(charge.parent)
    assert done.exit_code == 1
    assert "✗ charge/unpaid" in done.stdout
    assert "    output.paid: expected false, was true" in done.stdout
    assert "    path: Charge → Later" in done.stdout
    assert "1 passed, 1 failed in " in done.stdout


async def test_a_case_that_can_t_be_read_is_a_mistake_of_usage(run: Run, charge: Path) -> None:
    (charge / "cases" / "bad.json").write_text("{")
    done = run(charge)
    assert done.exit_code == 2
    assert f"{charge / 'cases' / 'bad.json'}:1:2: is not JSON" in done.stderr
    assert "✓ charge/paid" in done.stdout


async def test_no_case_at_all_is_one_too(run: Run, charge: Path) -> None:
    done = run(charge, "-k", "nothing")
    assert (done.exit_code, done.stdout) == (2, "There is no case to run.\n")


async def test_what_can_t_be_deployed_is_named(run: Run, charge: Path) -> None:
    (bad := charge.parent / "bad" / "definition.asl.json").parent.mkdir()
    bad.write_text('{"StartAt": "A", "States": {"A": {"Type": "Parse"}}}')
    done = run(charge.parent)
    assert done.exit_code == 2
    assert f"{bad.parent}: " in done.stderr
    assert "/States/A" in done.stderr
    assert "✓ charge/paid" in done.stdout
    (bad := charge.parent / "bad.json").write_text('{\n"StartAt": ')
    assert "bad.json:2:12: is not JSON" in run(bad).stderr


async def test_json_has_a_document_a_case_and_one_a_state_machine(run: Run, charge: Path) -> None:
    case, coverage = map(json.loads, run(charge, "--json", "--coverage").stdout.splitlines())
    assert case.items() >= {"machine": "charge", "case": "paid", "passed": True}.items()
    assert case["states"] == ["Charge", "Later"]
    assert coverage["states"] == {"entered": 2, "all": 3}


async def test_coverage_names_what_no_case_took(run: Run, charge: Path) -> None:
    done = run(charge, "--coverage")
    assert "charge: 2 of 3 states, 1 of 2 transitions" in done.stdout
    assert "    Charge's Catch to Refused (Declined) was never taken" in done.stdout


async def test_junit_s_file_has_each_case(run: Run, charge: Path, tmp_path: Path) -> None:
    file = tmp_path / "build" / "cases.xml"
    assert run(charge, "--junit", file).exit_code == 0
    [case] = ElementTree.parse(file).iter("testcase")  # noqa: S314 our own
    assert (case.get("classname"), case.get("name")) == ("charge", "paid")


async def test_an_input_goes_with_mocks(run: Run, charge: Path) -> None:
    done = run(charge, "--input", "{}")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--input goes with --mocks" in done.stderr


async def test_what_handlers_print_is_no_report(run: Run, charge: Path) -> None:
    (charge / "stand_ins.py").write_text("def pay(event):\n    print('paying')\n    return 1\n")
    write_case(charge, "paid", stand_ins={"Charge": "stand_ins.py:pay"})
    done = run(charge, "--json")
    assert [json.loads(line)["passed"] for line in done.stdout.splitlines()] == [True]
    assert "paying" in done.stderr


async def test_the_test_cases_of_a_mock_config_file(run: Run, charge: Path) -> None:
    file = charge.parent / "MockConfigFile.json"
    file.write_text(json.dumps(MOCKS))
    done = run(charge, "--mocks", file, "--input", '{"a": 1}')
    assert done.exit_code == 0
    assert [line.split()[1] for line in done.stdout.splitlines()[:2]] == [
        "charge/Paid",
        "charge/Busy",
    ]


async def test_one_that_waits_for_ever_fails(run: Run, tmp_path: Path) -> None:
    worker = "arn:aws:states:${REGION}:${ACCOUNT_ID}:activity:nobody"
    states = {"Charge": {"Type": "Task", "Resource": worker, "End": True}}
    definition = {"StartAt": "Charge", "States": states}
    forever = write_machine(tmp_path / "forever", definition, activities=["nobody"])
    write_case(forever, "any")
    done = run(forever)
    assert done.exit_code == 1
    assert "    It waits for ever, in Charge: nobody answers." in done.stdout
