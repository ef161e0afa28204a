"""Cases are found at what people name, and each run tells what wasn't as expected."""

import json
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from handrail.core.errors import InvalidDefinition
from handrail.engine.engine import Engine
from handrail.engine.errors import EngineError
from handrail.entrypoints.case_engine import CaseEngine, DeployedMachine
from handrail.entrypoints.run_cases import (
    CaseReport,
    Project,
    Selection,
    find_projects,
    run_cases,
    run_project,
)
from handrail.usecases.case_folder import FoundCase
from tests.entrypoints.case_projects import (
    BROKEN,
    CHARGE,
    DECLINED,
    MOCKS,
    PAID,
    on_the_session_s,
    write_case,
    write_machine,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROOT = Path(__file__).parents[2]


def reports(
    engine: Engine, project: Project, selection: Selection | None = None
) -> dict[str, CaseReport]:
    opened = partial(on_the_session_s, engine)
    found = run_project(project, selection or Selection(), "test", opened=opened)
    return {report.case.label: report for report in found}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    charge = write_machine(tmp_path / "charge")
    write_case(charge, "paid", stand_ins=PAID, expect={"output": {"paid": True}})
    write_case(charge, "declined", stand_ins=DECLINED, expect={"error": "Refused"})
    write_case(charge, "wrong", stand_ins=PAID, expect={"status": "FAILED"})
    write_machine(tmp_path / "other", {**CHARGE, "Comment": "has no case"})
    return tmp_path


async def test_a_case_passes_or_says_what_is_not_as_expected(engine: Engine, project: Path) -> None:
    [found] = find_projects([project])
    done = reports(engine, found)
    assert {label: report.problems for label, report in done.items()} == {
        "charge/declined": (),
        "charge/paid": (),
        "charge/wrong": ("status: expected FAILED, was SUCCEEDED",),
    }
    assert found.coverage["charge"].missed() == []
    assert "Charge was never entered" in found.coverage["other"].missed()


async def test_cases_are_chosen_by_their_names(engine: Engine, project: Path) -> None:
    [found] = find_projects([project])
    assert reports(engine, found, Selection("charge/pa")).keys() == {"charge/paid"}


@pytest.mark.parametrize("path", ["charge", "charge/cases/paid.json"])
async def test_what_stands_beside_is_deployed_too(engine: Engine, project: Path, path: str) -> None:
    [found] = find_projects([project / path])
    assert (found.place, found.paths) == (project, {project / "charge"})
    assert "charge/paid" in reports(engine, found)
    assert found.coverage.keys() == {"charge"}


async def test_paths_of_one_project_are_run_together(project: Path) -> None:
    [found] = find_projects([project / "charge", project / "other", project / "charge"])
    assert len(found.paths) == 2
    assert len(found.cases) == 3


async def test_a_bad_case_keeps_no_other_from_running(engine: Engine, project: Path) -> None:
    (project / "charge" / "cases" / "bad.json").write_text('{"expect": {},\n "stnad_ins": {}}')
    [found] = find_projects([project])
    assert len(reports(engine, found)) == 3
    [problem] = found.unread
    assert "cases/bad.json:2: stnad_ins: " in problem


async def test_a_case_of_what_can_t_be_deployed_says_why(engine: Engine, project: Path) -> None:
    broken = write_machine(project / "broken", BROKEN)
    write_case(broken, "any")
    write_case(project / "charge", "other", stand_ins={"Nobody": {"return": 1}})
    [found] = find_projects([project])
    done = reports(engine, found)
    assert "can't be deployed" in done["broken/any"].problems[0]
    assert "Nobody is no state's name" in done["charge/other"].problems[0]


async def test_a_function_that_is_not_there_is_named_with_what_to_write(
    engine: Engine, project: Path
) -> None:
    write_case(project / "charge", "unanswered", expect={"status": "SUCCEEDED"})
    [found] = find_projects([project / "charge" / "cases" / "unanswered.json"])
    _, hint = reports(engine, found)["charge/unanswered"].problems
    assert hint.endswith('machine.json: "stand_ins": {"Charge": {"return": …}}')


async def test_every_test_case_of_a_mock_config_file_is_run(engine: Engine, project: Path) -> None:
    file = project / "MockConfigFile.json"
    mocks = json.loads(json.dumps(MOCKS))
    mocks["StateMachines"]["x"] = {"TestCases": {}}
    file.write_text(json.dumps(mocks))
    [found] = find_projects([project])
    done = reports(engine, found, Selection(mocks=file, input={"a": 1}))
    outcomes = {label: report.outcome and report.outcome.output for label, report in done.items()}
    assert outcomes == {"charge/Paid": {"paid": True}, "charge/Busy": {"paid": "late"}}
    assert found.unread == [f"{file}: The state machine x isn't there."]


async def test_one_state_machine_needn_t_be_called_as_in_the_file(
    engine: Engine, project: Path
) -> None:
    file = project / "MockConfigFile.json"
    file.write_text(json.dumps(MOCKS).replace('"charge"', '"Charging"'))
    [found] = find_projects([project / "charge"])
    assert reports(engine, found, Selection(mocks=file)).keys() == {"charge/Paid", "charge/Busy"}


async def test_a_mock_that_has_no_answer_left_fails_its_case(engine: Engine, project: Path) -> None:
    file = project / "MockConfigFile.json"
    mocks = json.loads(json.dumps(MOCKS))
    del mocks["MockedResponses"]["BusyOnce"]["1"]
    file.write_text(json.dumps(mocks))
    [found] = find_projects([project])
    done = reports(engine, found, Selection("Busy", mocks=file))
    assert "BusyOnce says nothing of number 1" in done["charge/Busy"].problems[0]


async def test_a_case_may_name_a_test_case_of_one(engine: Engine, project: Path) -> None:
    (project / "mocks.json").write_text(json.dumps(MOCKS))
    charge = project / "charge"
    write_case(charge, "mocked", mocks="../../mocks.json", mock_case="Busy")
    [found] = find_projects([charge / "cases" / "mocked.json"])
    [report] = reports(engine, found).values()
    assert report.outcome is not None
    assert report.outcome.output == {"paid": "late"}


async def test_several_state_machines_at_one_place_have_folders_of_cases(
    engine: Engine, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.asl.json").write_text(json.dumps(CHARGE | {"Comment": name}))
    write_case(tmp_path, "of-which", stand_ins=PAID)
    (tmp_path / "cases" / "two").mkdir()
    write_case(tmp_path, "two/paid", stand_ins=PAID)
    [found] = find_projects([tmp_path])
    done = reports(engine, found)
    assert done["two/paid"].passed
    [of_which] = [report for report in done.values() if report.case.name == "of-which"]
    assert of_which.problems[0].startswith("It can't be run: It may be of one or two")


async def test_whoever_interrupts_waits_for_no_handler(project: Path) -> None:
    class Stuck(CaseEngine):
        """Each case but the first runs until it is stopped."""

        def __init__(self) -> None:
            self.stopped, self.first = Event(), iter([True])

        def machine_of(self, case: FoundCase) -> DeployedMachine:
            if not next(self.first, False):
                self.stopped.wait(10)
            raise EngineError("It is stuck.")

        def stop(self) -> None:
            self.stopped.set()

    engine = Stuck()
    running = run_cases(engine, find_projects([project])[0].cases)
    next(running)
    with pytest.raises(KeyboardInterrupt):
        running.throw(KeyboardInterrupt)
    assert engine.stopped.is_set()


async def test_a_path_without_a_state_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition, match="holds no state machine"):
        find_projects([tmp_path / "nothing"])


async def test_the_project_s_own_cases_pass(engine: Engine) -> None:
    """On the engine of the session, which has them."""
    [found] = find_projects([ROOT / "state_machines"])
    done = reports(engine, found)
    assert {label: report.problems for label, report in done.items() if report.problems} == {}
    assert len(done) >= 20
