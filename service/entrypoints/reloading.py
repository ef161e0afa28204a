"""Keeps `handrail dev` up with the files: what is saved is served, and what saving breaks stays as
it was before."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handrail.clock import Clock
from handrail.core.errors import ServiceError, SettingsError
from handrail.engine.engine import Engine
from handrail.entrypoints.compose_base import known_machines
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.deploy import Deployed
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Refused, Survey
from handrail.usecases.machine_sources.file_changes import FileChanges

LOOK_S = 0.5
Deploy = Callable[[Refused], Awaitable[Sequence[Deployed]]]
Say = Callable[[str], None]
Notify = Callable[[Sequence[MachineFolder]], Awaitable[None]]


@dataclass(slots=True)
class Reloading:
    """`deploy` deploys what the engine serves now; `problems` are what was left out so far;
    `notify` has those told of news that the folders name."""

    engine: Engine
    deploy: Deploy
    say: Say
    problems: Sequence[FolderProblem] = ()
    notify: Notify | None = None
    _changes: FileChanges = field(init=False)

    def __post_init__(self) -> None:
        self._changes = FileChanges(self.engine.loaded.path)

    async def run(self, catalogue: Catalogue, clock: Clock) -> None:
        """Until cancelled."""
        while True:
            await clock.sleep(LOOK_S)
            if changed := await asyncio.to_thread(self._changes.look):
                try:
                    await self.reload(changed, catalogue)
                except ServiceError as error:  # the next file that is saved may be served again
                    self.say(f"  not taken       {error.detail}")

    async def reload(self, changed: frozenset[Path], catalogue: Catalogue) -> None:
        """Running executions go on by the definition they began with; handlers are the new ones."""
        problems: list[FolderProblem] = []
        resolved = [path.resolve() for path in changed]

        def touched(home: Path) -> bool:
            folder = home.resolve()
            return any(path.is_relative_to(folder) for path in resolved)

        await self.engine.reload(touched, problems.append)
        deployed = await self.deploy(problems.append)
        catalogue.learn(known_machines(Survey(self.engine.folders)), problems)
        news = [each for each in problems if each not in self.problems or touched(each.folder)]
        self.problems = problems
        self._tell(changed, deployed, news)
        if self.notify is not None:
            try:
                await self.notify(self.engine.folders)
            except SettingsError as error:
                self.say(f"  not taken       {error}")

    def _tell(
        self,
        changed: frozenset[Path],
        deployed: Sequence[Deployed],
        news: Sequence[FolderProblem],
    ) -> None:
        if not news:
            self.say(f"  read again      {', '.join(sorted(str(path) for path in changed))}")
        for each in deployed:
            if each.action != "unchanged":
                self.say(f"  {each.action:<14}  {each.name}")
        served = {folder.path for folder in self.engine.folders}
        for problem in news:
            stays = " (what was there before goes on)" if problem.folder in served else ""
            self.say(f"  not taken       {problem}{stays}")
