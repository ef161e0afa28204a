"""What is saved while `handrail dev` runs is served, and what that breaks stays as it was."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from handrail.core.errors import InvalidInput, SettingsError, Unavailable
from handrail.engine.engine import Engine
from handrail.engine.handlers import LoadedFolders, loaded_folders
from handrail.entrypoints.compose_base import known_machines
from handrail.entrypoints.reloading import LOOK_S, Reloading
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.deploy import Deployed
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Refused, Survey
from tests.fakes import FakeClock, FakeStateMachines, machine

NO_MOTO: Any = None
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:"


@dataclass(slots=True)
class Stage:
    """A folder that is served, without moto; `deployed` is what the next deployment answers."""

    root: Path
    loaded: LoadedFolders
    said: list[str] = field(default_factory=list)
    deployed: list[Deployed] = field(default_factory=list)
    refused: list[FolderProblem] = field(default_factory=list)
    failing: bool = False
    clock: FakeClock = field(default_factory=FakeClock)

    def reloading(self) -> Reloading:
        engine = Engine("http://127.0.0.1:1", "us-east-1", "123456789012", self.loaded, NO_MOTO)
        return Reloading(engine, self.deploy, self.said.append)

    def catalogue(self) -> Catalogue:
        machines = FakeStateMachines(*(machine(folder.file.name) for folder in self.loaded.folders))
        known = known_machines(Survey(self.loaded.folders))
        return Catalogue(machines, self.clock, known=known)

    async def hears(self, lines: int) -> None:
        """Until so many have been said; it looks in a thread."""
        async with asyncio.timeout(5):
            while len(self.said) < lines:
                await self.clock.advance(LOOK_S)
                await asyncio.sleep(0.001)

    async def deploy(self, refused: Refused) -> list[Deployed]:
        if self.failing:
            raise Unavailable("Away.")
        for problem in self.refused:
            refused(problem)
        return self.deployed

    def save(self, name: str, file: str, content: Any) -> Path:
        text = content if isinstance(content, str) else json.dumps(content)
        (path := self.root / name / file).parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "definition.asl.json").write_text("{}")
        metadata = {"name": name, "handlers": {f"f-{name}": "handlers.py:f"}}
        (tmp_path / name / "machine.json").write_text(json.dumps(metadata))
        (tmp_path / name / "handlers.py").write_text("def f(event): return 1")
    with loaded_folders(tmp_path, {}) as loaded:
        yield Stage(tmp_path, loaded)


async def test_a_saved_handler_and_schema_are_the_ones_in_force(stage: Stage) -> None:
    reloading, catalogue = stage.reloading(), stage.catalogue()
    await catalogue.check_input("one", '"text"')
    metadata = {
        "name": "one",
        "handlers": {"f-one": "handlers.py:f"},
        "input_schema": {"type": "array"},
    }
    changed = {stage.save("one", "machine.json", metadata)}
    changed |= {stage.save("one", "handlers.py", "def f(event): return 2")}
    stage.deployed = [Deployed("one", "updated", f"{ARN}one"), Deployed("two", "unchanged", ARN)]
    await reloading.reload(frozenset(changed), catalogue)
    assert (stage.loaded.handlers["f-one"]({}), stage.loaded.handlers["f-two"]({})) == (2, 1)
    with pytest.raises(InvalidInput):
        await catalogue.check_input("one", '"text"')
    listed = ", ".join(sorted(map(str, changed)))
    assert stage.said == [f"  read again      {listed}", "  updated         one"]


async def test_what_saving_breaks_is_said_each_time_and_stays_in_force(stage: Stage) -> None:
    reloading, catalogue = stage.reloading(), stage.catalogue()
    reason = "handlers.py: can't be imported: SyntaxError: "
    for text in ("def f(:", "def f(:  "):
        changed = stage.save("one", "handlers.py", text)
        await reloading.reload(frozenset({changed}), catalogue)
        [said] = stage.said
        assert said.startswith(f"  not taken       {stage.root}/one: {reason}")
        assert said.endswith(" (what was there before goes on)")
        assert stage.loaded.handlers["f-one"]({}) == 1
        assert [problem.folder.name for problem in catalogue.problems] == ["one"]
        stage.said.clear()
    other = stage.save("two", "handlers.py", "def f(event): return 3")
    await reloading.reload(frozenset({other}), catalogue)
    assert stage.said == [f"  read again      {other}"]


async def test_a_file_that_cannot_be_read_leaves_its_machine_as_it_was(stage: Stage) -> None:
    reloading, catalogue = stage.reloading(), stage.catalogue()
    changed = stage.save("one", "machine.json", "{")
    await reloading.reload(frozenset({changed}), catalogue)
    assert sorted(folder.file.name for folder in stage.loaded.folders) == ["one", "two"]
    assert "machine.json:1:2: is not JSON" in stage.said[0]


async def test_a_state_machine_that_is_new_is_said_with_the_rest(stage: Stage) -> None:
    stage.save("three", "machine.json", {"name": "three"})
    changed = stage.save("three", "definition.asl.json", {})
    stage.deployed = [Deployed("three", "created", f"{ARN}three")]
    stage.refused = [FolderProblem(stage.root / "two", "No such state.", "two", "A")]
    await stage.reloading().reload(frozenset({changed}), stage.catalogue())
    assert [folder.file.name for folder in stage.loaded.folders] == ["one", "three", "two"]
    assert stage.said == [
        "  created         three",
        f"  not taken       {stage.root}/two: A: No such state. (what was there before goes on)",
    ]


async def test_a_path_that_is_gone_takes_nothing_away(stage: Stage) -> None:
    reloading, catalogue = stage.reloading(), stage.catalogue()
    stage.root.rename(stage.root.with_name("elsewhere"))
    await reloading.reload(frozenset({stage.root / "one"}), catalogue)
    assert stage.said == [f"  not taken       {stage.root}: It is gone."]
    assert sorted(stage.loaded.handlers) == ["f-one", "f-two"]


async def test_an_engine_that_does_not_answer_is_asked_again_at_the_next_change(
    stage: Stage,
) -> None:
    reloading, catalogue = stage.reloading(), stage.catalogue()
    stage.failing = True
    task = asyncio.create_task(reloading.run(catalogue, stage.clock))
    stage.save("one", "handlers.py", "def f(event): return 'new'")
    await stage.hears(1)
    stage.failing = False
    changed = stage.save("one", "handlers.py", "def f(event): return 'newer'")
    await stage.hears(2)
    assert stage.said == ["  not taken       Away.", f"  read again      {changed}"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_looks_again_and_again(stage: Stage) -> None:
    reloading, catalogue = stage.reloading(), stage.catalogue()
    task = asyncio.create_task(reloading.run(catalogue, stage.clock))
    changed = stage.save("one", "handlers.py", "def f(event): return 'new'")
    await stage.hears(1)
    assert stage.said == [f"  read again      {changed}"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_is_told_of_news_follows_the_files(stage: Stage) -> None:
    reloading, catalogue = stage.reloading(), stage.catalogue()
    asked: list[list[str]] = []

    async def notify(folders: Sequence[MachineFolder]) -> None:
        asked.append([folder.file.name for folder in folders if folder.file.notify])
        if not asked[-1]:
            raise SettingsError("Nobody is to be told.")

    reloading.notify = notify
    entry = {"on": ["failed"], "url": "sns:arn:aws:sns:eu-west-1:123456789012:news"}
    path = stage.save("one", "machine.json", {"name": "one", "notify": [entry]})
    await reloading.reload(frozenset({path}), catalogue)
    path = stage.save("one", "machine.json", {"name": "one"})
    await reloading.reload(frozenset({path}), catalogue)
    assert asked == [["one"], []]
    assert stage.said[-1] == "  not taken       Nobody is to be told."
