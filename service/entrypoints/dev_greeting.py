"""Tells whoever starts `handrail dev` what is served, where, and what can't be run."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from handrail.core.definition.definition import Definition
from handrail.core.definition.machine_file import rendered
from handrail.core.errors import ServiceError
from handrail.core.models import Account
from handrail.core.partitions import partition_of
from handrail.core.stand_ins.mock_file import MockFile
from handrail.engine.engine import Engine
from handrail.usecases.deploy import Deployed
from handrail.usecases.machine_folder import Survey

LOOKED_FOR = (
    "machine.json, definition.asl.json, *.asl.json, a template with state machines, "
    "serverless.yml, or the like in YAML"
)


def greeting(
    url: str,
    engine: Engine,
    deployed: Sequence[Deployed],
    survey: Survey,
    *,
    mocks: MockFile | None = None,
    time_scale: float = 1,
    callbacks: str | None = None,
) -> Iterator[str]:
    """What is served, where, and what can't be run, for whoever started it. `callbacks` is the URL
    of their queue."""
    yield f"  page            {url}/"
    yield f"  documents       {url}/docs"
    yield f"  engine          {engine.endpoint_url} ({engine.region})"
    if callbacks is not None:
        yield f"  callbacks       {callbacks} (a queue; what can't be settled: …-dead-letters)"
    machines = [each.name for each in deployed if not each.is_activity]
    yield f"  state machines  {', '.join(machines) or 'none'}"
    if activities := [each.name for each in deployed if each.is_activity]:
        yield f"  activities      {', '.join(activities)} (see docs/workers.md)"
    if time_scale != 1:
        yield f"  time            {time_scale:g} times as fast, also in what it shows"
    for folder in survey.folders:
        notes = (*folder.notes, *filter(None, [folder.what_is_made_up]))
        yield from (f"  to know         {folder.file.name}: {note}" for note in notes)
    for problem in survey.problems:
        yield f"  left out        {problem}"
    yield from _test_cases(mocks)
    yield from _unanswered(engine, survey)
    if not survey.folders and not survey.problems:
        yield f"  nothing found   in {engine.loaded.path}: {LOOKED_FOR}."
        if (engine.loaded.path / "cdk.json").is_file():
            yield "                  `cdk synth` writes the templates of a CDK project."
        yield "                  `handrail init` makes a state machine to begin with."
    yield "  Ctrl-C ends it."


def _test_cases(mocks: MockFile | None) -> Iterator[str]:
    if mocks is not None:
        for machine, cases in mocks.cases.items():
            yield f"  test cases      {machine}: {', '.join(cases) or 'none'}"
        yield from (f"  mocks           {problem}" for problem in mocks.problems)


def _unanswered(engine: Engine, survey: Survey) -> Iterator[str]:
    """The tasks that nobody answers."""
    if (local := survey.local) is None:
        return
    account = Account(partition_of(engine.region), engine.region, engine.account_id)
    stage = engine.loaded.known["ENVIRONMENT"]
    for folder in survey.folders:
        with suppress(ServiceError):  # said of what was left out
            filled = rendered(folder.file, folder.template, account=account, environment=stage)
            read = Definition.parse(filled.definition_text)
            for task in local.unanswered(filled.name, read):
                hint = task.hint(folder.described_in)
                yield f"  needs stand-in  {filled.name}: {task.state.name}: {hint}"
