"""State machines of a folder are deployed to an engine without a port, and run with stand-ins."""

import json
import os
from pathlib import Path

import pytest

from handrail.core.errors import InvalidDefinition, NotFound
from handrail.core.stand_ins.answers import Answer
from handrail.engine.engine import Engine
from handrail.entrypoints.case_engine import _pointing_at_the_engine, mocks_of
from tests.entrypoints.case_projects import BROKEN, MOCKS, on_the_session_s, write_machine

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_one_is_found_by_its_name_or_its_folder_s(engine: Engine, tmp_path: Path) -> None:
    write_machine(tmp_path / "charge", name="charge-${ENVIRONMENT}")
    with on_the_session_s(engine, tmp_path, "blue") as cases:
        assert cases.find("charge") is cases.find("charge-blue")
        with pytest.raises(NotFound, match="isn't there"):
            cases.find("refund")


async def test_one_that_is_refused_keeps_no_other_out(engine: Engine, tmp_path: Path) -> None:
    write_machine(tmp_path / "charge")
    write_machine(tmp_path / "broken", BROKEN)
    write_machine(tmp_path / "same", name="charge")
    with on_the_session_s(engine, tmp_path, "test") as cases:
        assert [each.rendered.name for each in cases.machines] == ["charge"]
        assert [problem.folder.name for problem in cases.refused] == ["broken", "same"]
        with pytest.raises(NotFound, match=r"broken can't be deployed: .*MISSING_TRANSITION"):
            cases.find("broken")


async def test_stand_ins_are_for_tasks_of_the_state_machine(engine: Engine, tmp_path: Path) -> None:
    write_machine(tmp_path / "charge")
    with on_the_session_s(engine, tmp_path, "test") as cases:
        machine = cases.find("charge")
        outcome = cases.run(machine, {"a": 1}, stand_ins={"Charge": lambda event: event["a"]})
        assert (outcome.status, outcome.output) == ("SUCCEEDED", 1)
        for state, problem in (("Later", "is no Task"), ("Chrage", "is no state's name")):
            with pytest.raises(InvalidDefinition, match=problem):
                cases.run(machine, {}, stand_ins={state: Answer.of(1)})
        assert machine.coverage.states == {"Charge", "Later"}


async def test_mocks_are_those_of_the_state_machine(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "MockConfigFile.json"
    write_machine(tmp_path / "charge")
    file.write_text(json.dumps(MOCKS))
    with on_the_session_s(engine, tmp_path / "charge", "test") as cases:
        machine = cases.find("charge")
        outcome = cases.run(machine, {}, mocks=mocks_of(file, "Busy", machine))
        assert outcome.output == {"paid": "late"}
        with pytest.raises(NotFound, match="charge has no test case Free"):
            mocks_of(file, "Free", machine)


async def test_handlers_find_the_engine_and_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://example.com")
    with _pointing_at_the_engine("blue"):
        assert os.environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        assert os.environ["ENVIRONMENT"] == "blue"
        assert {"AWS_PROFILE", "AWS_ENDPOINT_URL_S3"}.isdisjoint(os.environ)
    assert os.environ["AWS_PROFILE"] == "production"
